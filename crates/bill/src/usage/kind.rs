//! What is counted: the kinds of token, image, second and search unit.

/// Kinds as the runtime spells them. Cache comes first, since its names contain `input`.
pub(super) const PATTERN: &str = "cache-?reads?(?:-(?:5m|30m|1h))?-(?:input-)?tokens?(?:-count)?|\
    cache-?writes?(?:-(?:5m|30m|1h))?-(?:input-)?tokens?(?:-count)?|\
    (?:(?:text|speech-understanding|speech|audio|image|video)-)?(?:input|output)-tokens?(?:-count)?|\
    (?:input|output)-(?:text|speech|image|audio|video)-tokens?(?:-count)?|\
    (?:input|output)-(?:audio|video)-seconds?|\
    (?:input|output)-(?:document-|standard-)?images?(?:-count)?|\
    search-?units?";

/// How the names of reserved capacity begin.
const RESERVED: &str = "reserved_tpm_";

/// One kind, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// `input`, `output`, `text_input`, `input_image`, `search_unit`…
    pub name: String,
    /// `none`, `read`, `write`, `write_1h`…; `None` where there is nothing that a cache could hold.
    pub cache: Option<String>,
    /// Whether the usage amount is a number of tokens.
    pub counts_tokens: bool,
    /// Whether it is inference, which always has a tier and a routing, be it the default.
    pub is_inference: bool,
}

impl Kind {
    /// Something counted that is neither tokens nor inference.
    pub(super) fn other(name: impl Into<String>) -> Self {
        Self { name: name.into(), cache: None, counts_tokens: false, is_inference: false }
    }

    /// Capacity reserved in tokens per minute.
    pub(super) fn reserved(direction: &str) -> Self {
        Self::other(format!("{RESERVED}{}", direction.to_ascii_lowercase()))
    }

    /// Whether this is reserved capacity, the one kind that is sold for a geography by itself.
    pub(super) fn is_reserved(&self) -> bool {
        self.name.starts_with(RESERVED)
    }

    /// Decodes a text that [`PATTERN`] matched.
    pub(super) fn decode(text: &str) -> Self {
        if text.starts_with("cache") {
            return Self::cached(text);
        }
        if text.starts_with("search") {
            return Self::other("search_unit");
        }
        if let Some((stem, _)) = text.split_once("-token") {
            return Self::tokens(stem);
        }
        let name = text.trim_end_matches("-count").trim_end_matches('s').replace('-', "_");
        Self { is_inference: true, ..Self::other(name) }
    }

    fn cached(text: &str) -> Self {
        let time_to_live = ["5m", "30m", "1h"].into_iter().find(|ttl| text.split('-').any(|part| part == *ttl));
        let cache = match (text.contains("read"), time_to_live) {
            (true, _) => "read".to_owned(),
            (false, Some(ttl)) => format!("write_{ttl}"),
            // AWS writes the default, five minutes, without saying so.
            (false, None) => "write".to_owned(),
        };
        Self { name: "input".to_owned(), cache: Some(cache), counts_tokens: true, is_inference: true }
    }

    /// `input`, `text-input`, `input-image`: tokens, cached only if they are of text or speech.
    fn tokens(stem: &str) -> Self {
        let is_text = !["image", "audio", "video"].iter().any(|medium| stem.contains(medium));
        Self {
            name: stem.replace('-', "_"),
            cache: is_text.then(|| "none".to_owned()),
            counts_tokens: true,
            is_inference: true,
        }
    }
}
