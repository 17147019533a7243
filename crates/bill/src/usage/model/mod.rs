//! Which model: every spelling of a model meets under one name.
//!
//! Exact aliases first (`aliases`), then the rule of the model's family (`makers`), which also holds for versions that
//! are yet to come. Nothing is compared by likeness: near-identical names are different models, and a spelling that is
//! not known stays as billed.

mod aliases;
mod makers;
mod render;
mod words;

use makers::{MAKERS, Maker};
use words::{Letters, Word};

/// A model under its one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Model {
    /// The name as we show it, such as `Claude Opus 4.6`.
    pub name: String,
    /// Who makes it, where the spelling tells.
    pub provider: Option<&'static str>,
    /// Whether the spelling is one that we know, so that the name is more than the text as billed.
    pub is_known: bool,
}

/// The model of a spelling: `Claude4.6Opus`, `us.anthropic.claude-opus-4-6-v1:0`, `Claude Opus 4.6`.
pub(super) fn model(spelling: &str) -> Model {
    let spelling = without_edition(spelling);
    let id = without_profile(&spelling.to_ascii_lowercase()).to_owned();
    let text = without_revision(&spelling[spelling.len() - id.len()..]);
    let words = words::cut(&text);
    let maker = maker_of(&id, &words);
    let own = without_maker(maker, &words);
    let key = words::key(&own);
    let name = aliases::of_id(&id)
        .or_else(|| aliases::of_key(maker?.name, &key))
        .map(str::to_owned)
        .or_else(|| render::name(maker?, &own));
    let is_known = name.is_some();
    Model { name: name.unwrap_or_else(|| spelling.to_owned()), provider: maker.map(|maker| maker.name), is_known }
}

/// The provider under one name: `Mistral` is `Mistral AI`. A name that is not known stays as billed.
pub(super) fn provider(billed: &str) -> String {
    let letters: String = billed.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let is_maker = |maker: &&Maker| {
        let name: String = maker.name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        name == letters || maker.prefixes.contains(&letters.as_str())
    };
    MAKERS.iter().find(is_maker).map_or_else(|| billed.to_owned(), |maker| maker.name.to_owned())
}

/// Marketplace products carry the edition in their name, and one row of the price list the tier.
pub(super) fn without_edition(name: &str) -> &str {
    let name = name.trim();
    let shorter = ["(amazon bedrock edition)", "latency optimized", "-latencyoptimized"].iter().find_map(|suffix| {
        let cut = name.len().checked_sub(suffix.len()).filter(|cut| name.is_char_boundary(*cut))?;
        name[cut..].eq_ignore_ascii_case(suffix).then(|| name[..cut].trim_end())
    });
    shorter.filter(|shorter| !shorter.is_empty()).unwrap_or(name)
}

/// Ids of inference profiles begin with a geography: `us.anthropic.…`, `global.amazon.…`.
fn without_profile(id: &str) -> &str {
    let is_geography =
        |text: &str| (2..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    match id.split_once('.') {
        Some((geography, rest)) if is_geography(geography) && begins_with_maker(rest) => rest,
        _ => id,
    }
}

fn begins_with_maker(id: &str) -> bool {
    id.split_once('.')
        .is_some_and(|(maker, _)| maker == "deepseek" || MAKERS.iter().any(|known| known.prefixes.contains(&maker)))
}

/// `…-v1:0` is revision 0 of the id, `…-v1:0:200k` the same with another context length: one model.
fn without_revision(id: &str) -> String {
    match id.split_once(':') {
        Some((name, revision)) if revision.starts_with(|character: char| character.is_ascii_digit()) => name.to_owned(),
        _ => id.to_owned(),
    }
}

fn maker_of(id: &str, words: &[Word]) -> Option<&'static Maker> {
    let by_prefix = |maker: &&Maker| maker.prefixes.iter().any(|prefix| follows(id, prefix));
    let letters = first_letters(words)?;
    let by_family = |maker: &&Maker| {
        begins_family(maker, letters)
            || maker.listed.iter().any(|start| letters.after(start).is_some())
            || maker.prefixes.iter().filter_map(|prefix| letters.after(prefix)).any(|own| begins_family(maker, &own))
    };
    MAKERS.iter().find(by_prefix).or_else(|| MAKERS.iter().find(by_family))
}

/// Whether an id begins with a maker and not just with the same letters: `meta.llama`, `Meta Llama`, `qwen.qwen3`.
fn follows(id: &str, prefix: &str) -> bool {
    id.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(['.', ' ']))
}

fn begins_family(maker: &Maker, letters: &Letters) -> bool {
    maker.families.iter().any(|family| letters.after(family.stem).is_some())
}

/// The words without the maker in front: `qwen.qwen3-32b` is `qwen`, `3`, `32b`, and so is `Qwen3 32B`.
fn without_maker(maker: Option<&Maker>, words: &[Word]) -> Vec<Word> {
    let mut own = words.to_vec();
    // The one maker whose name is cut in two.
    if matches!(words, [Word::Name(ai), Word::Number(digits), ..] if ai.text() == "ai" && digits == "21") {
        return words[2..].to_vec();
    }
    let (Some(maker), Some(letters)) = (maker, first_letters(words)) else { return own };
    // A family may be called like its maker: what is left of `Mistral Large` without `mistral` is no name.
    let is_own =
        |rest: &Letters| begins_family(maker, rest) || (!rest.text().is_empty() && !begins_family(maker, letters));
    let rest = maker.prefixes.iter().filter_map(|prefix| letters.after(prefix)).filter(is_own);
    if let Some(rest) = rest.min_by_key(|rest| rest.text().len()) {
        own[0] = Word::Name(rest);
    }
    own
}

fn first_letters(words: &[Word]) -> Option<&Letters> {
    match words.first() {
        Some(Word::Name(letters)) => Some(letters),
        _ => None,
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
