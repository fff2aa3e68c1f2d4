//! Between the messages of the protocol and plumberd's words.
