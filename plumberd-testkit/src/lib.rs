//! Tests for what you build with plumberd.
