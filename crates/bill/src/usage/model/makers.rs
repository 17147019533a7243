//! Who makes which models, and the families whose names follow a rule.

/// A maker of models.
pub(super) struct Maker {
    /// The name as we show it.
    pub name: &'static str,
    /// How ids and names begin: `anthropic.`, `Meta Llama…`; also other spellings of the maker.
    pub prefixes: &'static [&'static str],
    /// Families, by the letters that their names begin with.
    pub families: &'static [Family],
    /// Beginnings of names that tell the maker, but whose models are listed one by one.
    pub listed: &'static [&'static str],
}

/// A family whose names follow a rule.
pub(super) struct Family {
    /// The letters that a name begins with, written together.
    pub stem: &'static str,
    /// The name as we show it.
    pub display: &'static str,
    /// How the rest is written.
    pub style: Style,
}

/// How a family writes versions and names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `Claude 3.5 Haiku`, and from the fourth generation on `Claude Opus 4.6`.
    Claude,
    /// `Nova Lite`, `Nova 2 Lite`, `Nova Reel 1.1`.
    Nova,
    /// Version after a space: `Llama 3.1 405B`.
    Spaced,
    /// Version without a space: `Qwen3 32B`.
    Close,
    /// Version after a hyphen: `GPT-5.6 Luna`, `DeepSeek-R1`.
    Hyphen,
    /// Version after the name, before the size: `Mistral Large 3`, `Ministral 3 8B`.
    NameFirst,
    /// Version last, as it is: `Marengo Embed 3.0`.
    VersionLast,
    /// All lower case with hyphens: `gpt-oss-120b`.
    Lower,
}

const fn family(stem: &'static str, display: &'static str, style: Style) -> Family {
    Family { stem, display, style }
}

const fn maker(
    name: &'static str,
    prefixes: &'static [&'static str],
    families: &'static [Family],
    listed: &'static [&'static str],
) -> Maker {
    Maker { name, prefixes, families, listed }
}

/// All makers that are known.
pub(super) static MAKERS: [Maker; 20] = [
    maker("Anthropic", &["anthropic"], &[family("claude", "Claude", Style::Claude)], &[]),
    maker("Amazon", &["amazon"], &[family("nova", "Nova", Style::Nova)], &["titan", "amazonrerank"]),
    maker("Meta", &["meta"], &[family("llama", "Llama", Style::Spaced)], &[]),
    maker(
        "OpenAI",
        &["openai"],
        &[family("gptoss", "gpt-oss", Style::Lower), family("gpt", "GPT", Style::Hyphen)],
        &[],
    ),
    maker("Google", &["google"], &[family("gemma", "Gemma", Style::Spaced)], &[]),
    maker("Qwen", &["qwen", "alibaba"], &[family("qwen", "Qwen", Style::Close)], &[]),
    maker(
        "Mistral AI",
        &["mistralai", "mistral"],
        &[
            family("mistral", "Mistral", Style::NameFirst),
            family("mixtral", "Mixtral", Style::NameFirst),
            family("ministral", "Ministral", Style::NameFirst),
            family("magistral", "Magistral", Style::NameFirst),
            family("pixtral", "Pixtral", Style::NameFirst),
            family("voxtral", "Voxtral", Style::NameFirst),
            family("devstral", "Devstral", Style::NameFirst),
            family("codestral", "Codestral", Style::NameFirst),
        ],
        &[],
    ),
    maker("DeepSeek", &[], &[family("deepseek", "DeepSeek", Style::Hyphen)], &[]),
    maker("xAI", &["xai"], &[family("grok", "Grok", Style::Spaced)], &[]),
    maker("Moonshot AI", &["moonshotai", "moonshot"], &[family("kimi", "Kimi", Style::Spaced)], &[]),
    maker("MiniMax", &["minimax"], &[family("minimax", "MiniMax", Style::Spaced)], &[]),
    maker("NVIDIA", &["nvidia"], &[family("nemotron", "Nemotron", Style::Spaced)], &[]),
    maker("Z.AI", &["zai"], &[family("glm", "GLM", Style::Spaced)], &[]),
    maker("Cohere", &["cohere"], &[], &["cohere", "commandr"]),
    maker("AI21 Labs", &["ai21labs", "ai21"], &[family("jamba", "Jamba", Style::Spaced)], &["jurassic"]),
    maker("Writer", &["writer"], &[family("palmyra", "Palmyra", Style::Spaced)], &[]),
    maker(
        "TwelveLabs",
        &["twelvelabs"],
        &[family("marengo", "Marengo", Style::VersionLast), family("pegasus", "Pegasus", Style::VersionLast)],
        &[],
    ),
    maker(
        "Stability AI",
        &["stabilityai", "stability"],
        &[
            family("stableimage", "Stable Image", Style::VersionLast),
            family("stablediffusion", "Stable Diffusion", Style::Spaced),
        ],
        &["stable", "sd"],
    ),
    maker("Luma AI", &["luma", "lumaai"], &[], &["luma", "ray"]),
    maker("IBM", &["ibm"], &[family("granite", "Granite", Style::Spaced)], &[]),
];
