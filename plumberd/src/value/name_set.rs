/// The stored names that were seen so far, for code that runs in the compiler,
/// where nothing can be allocated: to compare each with each would cost it seconds
/// for a few hundred.
///
/// It keeps a bit a name, so it knows for sure only which names are new.
pub(crate) struct NameSet {
    words: [u64; Self::WORDS],
}

impl NameSet {
    const WORDS: usize = 1024;

    pub(crate) const fn new() -> Self {
        Self {
            words: [0; Self::WORDS],
        }
    }

    /// Adds `name`; false when it is new for sure, true when it may have been
    /// there before.
    pub(crate) const fn add(&mut self, name: &str) -> bool {
        let [first, second, third, ..] = hash(name).to_le_bytes();
        let word = (first as usize | (second as usize) << 8) % Self::WORDS;
        let bit = 1 << (third % 64);
        let before = self.words[word] & bit != 0;
        self.words[word] |= bit;
        before
    }
}

/// FNV-1a over eight bytes at a time, with its bits mixed at the end.
const fn hash(text: &str) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut rest = text.as_bytes();
    while let Some((eight, more)) = rest.split_first_chunk::<8>() {
        hash = (hash ^ u64::from_le_bytes(*eight)).wrapping_mul(PRIME);
        hash ^= hash >> 32;
        rest = more;
    }
    while let [byte, more @ ..] = rest {
        hash = (hash ^ *byte as u64).wrapping_mul(PRIME);
        rest = more;
    }
    (hash ^ hash >> 29)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(24)
}

/// Whether two names are the same.
pub(crate) const fn same_name(a: &str, b: &str) -> bool {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    while let (Some((eight, more)), Some((others, rest))) =
        (a.split_first_chunk::<8>(), b.split_first_chunk::<8>())
    {
        if u64::from_le_bytes(*eight) != u64::from_le_bytes(*others) {
            return false;
        }
        (a, b) = (more, rest);
    }
    while let ([first, more @ ..], [other, rest @ ..]) = (a, b) {
        if *first != *other {
            return false;
        }
        (a, b) = (more, rest);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{NameSet, same_name};

    #[test]
    fn names_are_the_same_only_when_every_byte_is() {
        assert!(same_name("AccountOpened", "AccountOpened"));
        assert!(same_name("", ""));
        assert!(!same_name("AccountOpened", "AccountOpenee"));
        assert!(!same_name("AccountOpened", "BccountOpened"));
        assert!(!same_name("Account", "AccountOpened"));
    }

    #[test]
    fn a_name_is_known_again() {
        let mut names = NameSet::new();

        assert!(!names.add("AccountOpened"));
        assert!(!names.add("AccountClosed"));
        assert!(names.add("AccountOpened"));
    }

    /// Else what is compared once more would be all with all.
    #[test]
    fn few_of_a_thousand_names_are_taken_for_another() {
        let mut names = NameSet::new();
        let of = |i: u32| format!("com.company.order.v{}.Event{i}Happened", i % 7);

        let taken = (0..1000).filter(|i| names.add(&of(*i))).count();

        assert!(taken < 30, "{taken}");
    }
}
