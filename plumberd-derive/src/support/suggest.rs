/// The one of `known` that `word` most likely was to be: " did you mean `x`?".
pub(crate) fn did_you_mean(word: &str, known: &[&str]) -> String {
    let nearest = known
        .iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .min();
    match nearest {
        Some((distance, candidate)) if distance <= 1 + candidate.chars().count() / 3 => {
            format!("; did you mean `{candidate}`?")
        }
        _ => String::new(),
    }
}

/// How many characters must be changed, added or removed.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let substituted = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}
