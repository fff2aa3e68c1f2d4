/// The one of `known` that `word` most likely was to be: " did you mean `x`?".
pub(crate) fn did_you_mean(word: &str, known: &[&str]) -> String {
    let nearest = known
        .iter()
        .map(|candidate| (strsim::levenshtein(word, candidate), candidate))
        .min();
    match nearest {
        Some((distance, candidate)) if distance <= 1 + candidate.chars().count() / 3 => {
            format!("; did you mean `{candidate}`?")
        }
        _ => String::new(),
    }
}
