#![doc = "Examples of plumberd; each is a program of its own."]
