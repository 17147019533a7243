//! A model's spelling, cut into words that do not depend on how it was spelled.

use std::sync::LazyLock;

use regex::Regex;

/// One word of a model's name, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// Letters. Neighbours are written together, so that `DeepSeek` and `deepseek` are one.
    Name(Letters),
    /// Digits: a part of a version, or a stamp such as `2407`.
    Number(String),
    /// A size: `405b`, `8x7b`, `a35b`.
    Size(String),
    /// A letter and digits: `v2`, `k2`, `r1`, with the digits after a dot: `k2.5`.
    Mark(String),
}

/// Letters in lower case, and where in them a word ended as they were spelled.
#[derive(Clone, Debug, Default)]
pub(super) struct Letters {
    text: String,
    ends: Vec<usize>,
}

/// Where the words ended is how they were spelled, not what they say.
impl PartialEq for Letters {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Letters {}

impl Letters {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What follows a whole word: after `nova` in `NovaLite` and `novalite` comes `lite`, in `novation` nothing.
    pub(super) fn after(&self, start: &str) -> Option<Self> {
        let rest = self.text.strip_prefix(start)?;
        let ends: Vec<usize> = self.ends.iter().filter_map(|end| end.checked_sub(start.len())).collect();
        (ends.contains(&0) || segments(rest).is_some()).then(|| Self { text: rest.to_owned(), ends })
    }

    fn push(&mut self, word: &str) {
        self.text.push_str(word);
        self.ends.push(self.text.len());
    }
}

static CUT: LazyLock<Regex> = LazyLock::new(|| {
    // `Mixtral8x7B`, `405B`, `A35B`, `SonnetV2`, `NovaLite`, `GPT`, `4`: in this order. Constant, and tested below.
    Regex::new(
        r"(?P<size>[0-9]+x[0-9]+[bB]\b|\b[aA]?[0-9]+[bBeE]\b|[0-9]+[bB]\b)|(?P<mark>[vV][0-9]+|[A-Z][0-9]+|\b[a-z][0-9]+\b)|(?P<name>[A-Z]?[a-z]+|[A-Z]+)|(?P<number>[0-9]+)",
    )
    .expect("a constant pattern")
});

/// Cuts a spelling into words: `Claude4.6Opus` and `claude 4-6 opus` are both `claude`, `4`, `6`, `opus`.
pub(super) fn cut(spelling: &str) -> Vec<Word> {
    let mut words = Vec::new();
    // A plus is a word of its own: Command R and Command R+ are two models.
    let spelling = spelling.replace('+', " plus ").replace('_', "-");
    for found in CUT.captures_iter(&spelling) {
        let text = found[0].to_lowercase();
        if found.name("size").is_some() {
            words.push(Word::Size(text));
        } else if found.name("mark").is_some() {
            words.push(Word::Mark(text));
        } else if found.name("number").is_some() {
            push_number(&mut words, text);
        } else {
            push_name(&mut words, &text);
        }
    }
    words
}

fn push_name(words: &mut Vec<Word>, word: &str) {
    if let Some(Word::Name(letters)) = words.last_mut() {
        letters.push(word);
        return;
    }
    let mut letters = Letters::default();
    letters.push(word);
    words.push(Word::Name(letters));
}

/// A short number after a mark belongs to it: `v3-5` is `v3.5`. A day's date is how a release is stamped, not its name.
fn push_number(words: &mut Vec<Word>, text: String) {
    match words.last_mut() {
        Some(Word::Mark(before)) if text.len() <= 2 && !before.contains('.') => {
            before.push('.');
            before.push_str(&text);
        }
        _ if text.len() == 8 && text.starts_with("20") => {}
        _ => words.push(Word::Number(text)),
    }
}

/// The words written in one fixed way, to look up exact aliases.
pub(super) fn key(words: &[Word]) -> String {
    let texts: Vec<&str> = words.iter().map(Word::text).collect();
    texts.join("-")
}

impl Word {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Name(letters) => letters.text(),
            Self::Number(text) | Self::Size(text) | Self::Mark(text) => text,
        }
    }
}

/// Words that names are put together from, so that `NovaMultiModalEmbeddings` is shown with its spaces.
const DICTIONARY: [&str; 62] = [
    "act",
    "air",
    "audio",
    "beta",
    "canvas",
    "chat",
    "code",
    "coder",
    "command",
    "core",
    "dense",
    "diffusion",
    "embed",
    "embedding",
    "embeddings",
    "english",
    "express",
    "fable",
    "fast",
    "flash",
    "haiku",
    "image",
    "instant",
    "instruct",
    "it",
    "large",
    "light",
    "lite",
    "luna",
    "maverick",
    "max",
    "medium",
    "micro",
    "mini",
    "model",
    "multilingual",
    "multimodal",
    "mythos",
    "nano",
    "next",
    "omni",
    "opus",
    "plus",
    "premier",
    "preview",
    "pro",
    "pt",
    "reasoning",
    "reel",
    "rerank",
    "safeguard",
    "scout",
    "small",
    "sonic",
    "sonnet",
    "stable",
    "super",
    "text",
    "thinking",
    "ultra",
    "vision",
    "vl",
];

/// Cuts letters that were written together into known words: `multimodalembeddings` is `multimodal`, `embeddings`.
/// Letters that are not wholly made of known words are one word.
pub(super) fn spell(letters: &str) -> Vec<&str> {
    segments(letters).unwrap_or_else(|| vec![letters])
}

fn segments(letters: &str) -> Option<Vec<&str>> {
    if letters.is_empty() {
        return Some(Vec::new());
    }
    let mut starts: Vec<_> = DICTIONARY.iter().filter(|word| letters.starts_with(**word)).collect();
    starts.sort_by_key(|word| std::cmp::Reverse(word.len()));
    starts.into_iter().find_map(|word| {
        let mut rest = segments(&letters[word.len()..])?;
        rest.insert(0, &letters[..word.len()]);
        Some(rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spelling_is_cut_the_same_way_however_it_is_written() {
        for (spellings, expected) in [
            (&["Claude4.6Opus", "claude-4-6-opus", "CLAUDE 4.6 OPUS", "Claude4-6Opus"][..], "claude-4-6-opus"),
            (&["Llama3-1-405B", "llama3.1-405b", "Llama 3.1 405B"], "llama-3-1-405b"),
            (&["DeepSeekV3-1", "deepseek.v3.1", "DeepSeek V3.1"], "deepseek-v3.1"),
            (&["KimiK2.5", "kimi-k2.5", "Kimi K2.5"], "kimi-k2.5"),
            (&["KimiK2Thinking", "kimi-k2-thinking"], "kimi-k2-thinking"),
            (&["Mixtral8x7B", "mixtral-8x7b"], "mixtral-8x7b"),
            (&["PixtralLarge2502", "pixtral-large-2502"], "pixtrallarge-2502"),
            (&["Qwen3-Coder-480B-A35B", "qwen3-coder-480b-a35b"], "qwen-3-coder-480b-a35b"),
            (&["GPT-OSS-Safeguard-120B", "gpt-oss-safeguard-120b"], "gptosssafeguard-120b"),
            (&["TitanEmbeddingsG1-Text", "Titan Embeddings G1 - Text"], "titanembeddings-g1-text"),
            (&["Claude 3.5 Sonnet v2", "Claude3.5SonnetV2", "claude-3-5-sonnet-20241022-v2"], "claude-3-5-sonnet-v2"),
            (&["Command R+", "command-r-plus"], "commandrplus"),
        ] {
            for spelling in spellings {
                assert_eq!(key(&cut(spelling)), expected, "{spelling}");
            }
        }
    }

    #[test]
    fn only_whole_words_are_a_beginning() {
        let after = |spelling: &str, start: &str| match cut(spelling).first() {
            Some(Word::Name(letters)) => letters.after(start).map(|rest| rest.text().to_owned()),
            _ => None,
        };
        assert_eq!(after("NovaForge", "nova").as_deref(), Some("forge"));
        assert_eq!(after("novalite", "nova").as_deref(), Some("lite"));
        assert_eq!(after("Nova 2", "nova").as_deref(), Some(""));
        assert_eq!(after("Novation", "nova"), None);
    }

    #[test]
    fn letters_written_together_are_shown_as_the_words_they_are_made_of() {
        assert_eq!(spell("multimodalembeddings"), ["multimodal", "embeddings"]);
        assert_eq!(spell("opusfast"), ["opus", "fast"]);
        assert_eq!(spell("astra"), ["astra"]);
        assert_eq!(spell(""), [""; 0]);
    }
}
