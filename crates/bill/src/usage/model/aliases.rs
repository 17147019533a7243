//! Models whose spellings no rule brings together, one by one.

/// Ids whose revision is a model of its own, in lower case, and the one name of their model.
const IDS: [(&str, &str); 7] = [
    ("anthropic.claude-v2", "Claude 2.0"),
    ("anthropic.claude-v2:0", "Claude 2.0"),
    ("anthropic.claude-v2:1", "Claude 2.1"),
    ("amazon.nova-reel-v1:1", "Nova Reel 1.1"),
    ("deepseek.v3-v1:0", "DeepSeek-V3.1"),
    ("amazon.titan-image-generator-v2:0", "Titan Image Generator G1 v2"),
    ("amazon.titan-embed-text-v2:0", "Titan Text Embeddings V2"),
];

/// One spelling, cut into words (`words::key`, without the maker in front), and the one name of its model.
type Alias = (&'static str, &'static str);

/// Aliases by maker: other makers may use the same words.
const KEYS: [(&str, &[Alias]); 5] = [
    (
        "Amazon",
        &[
            ("titanembeddings-g1-text", "Titan Embeddings G1 - Text"),
            ("titanembedtext-v1", "Titan Embeddings G1 - Text"),
            ("titanembed-g1-text-02", "Titan Embeddings G1 - Text"),
            ("titanembedding-v2-text", "Titan Text Embeddings V2"),
            ("titanembeddings-v2-text", "Titan Text Embeddings V2"),
            ("titantextembeddings-v2", "Titan Text Embeddings V2"),
            ("titanembedtext-v2", "Titan Text Embeddings V2"),
            ("titanembeddings-g1-image", "Titan Multimodal Embeddings G1"),
            ("titanmultimodalembeddings-g1", "Titan Multimodal Embeddings G1"),
            ("titanembedimage-v1", "Titan Multimodal Embeddings G1"),
            ("titanembedimage", "Titan Multimodal Embeddings G1"),
            ("titantextlite", "Titan Text G1 - Lite"),
            ("titantextlite-v1", "Titan Text G1 - Lite"),
            ("titantext-g1-lite", "Titan Text G1 - Lite"),
            ("titantextexpress", "Titan Text G1 - Express"),
            ("titantextexpress-v1", "Titan Text G1 - Express"),
            ("titantext-g1-express", "Titan Text G1 - Express"),
            ("titantextpremier", "Titan Text G1 - Premier"),
            ("titantextpremier-v1", "Titan Text G1 - Premier"),
            ("titantext-g1-premier", "Titan Text G1 - Premier"),
            ("titanimagegenerator-g1", "Titan Image Generator G1"),
            ("titanimagegenerator-v1", "Titan Image Generator G1"),
            ("titanimagegenerator-g1-v2", "Titan Image Generator G1 v2"),
            ("titanimagegenerator-v2", "Titan Image Generator G1 v2"),
            ("rerank-v1", "Amazon Rerank 1.0"),
            ("rerank-1-0", "Amazon Rerank 1.0"),
        ],
    ),
    (
        "Cohere",
        &[
            ("commandr", "Cohere Command R"),
            ("commandr-v1", "Cohere Command R"),
            ("commandrplus", "Cohere Command R+"),
            ("commandrplus-v1", "Cohere Command R+"),
            ("embed-v4", "Cohere Embed v4"),
            ("embed-4-model", "Cohere Embed v4"),
            ("embedenglish-v3", "Cohere Embed English v3"),
            ("embed-3-english", "Cohere Embed English v3"),
            ("embed-3-modelenglish", "Cohere Embed English v3"),
            ("embedmultilingual-v3", "Cohere Embed Multilingual v3"),
            ("embed-3-multilingual", "Cohere Embed Multilingual v3"),
            ("embedmodel-3-multilingual", "Cohere Embed Multilingual v3"),
            ("rerank-v3.5", "Cohere Rerank v3.5"),
        ],
    ),
    (
        "Stability AI",
        &[
            ("stablediffusionxl-1-0", "Stable Diffusion XL 1.0"),
            ("stablediffusionxl-v1", "Stable Diffusion XL 1.0"),
            ("sd-3-5-large", "Stable Diffusion 3.5 Large"),
            ("sd-3-5-large-v1", "Stable Diffusion 3.5 Large"),
            ("sd-3-large", "Stable Diffusion 3 Large"),
            ("sd-3-large-v1", "Stable Diffusion 3 Large"),
            ("stablediffusion-3-large-v1.0", "Stable Diffusion 3 Large"),
        ],
    ),
    ("Mistral AI", &[("mistrallarge-3-675b-instruct", "Mistral Large 3"), ("mistrallarge-3-675b", "Mistral Large 3")]),
    ("Luma AI", &[("ray-v2", "Luma Ray 2")]),
];

/// The name of an id, where its revision is a model of its own.
pub(super) fn of_id(id: &str) -> Option<&'static str> {
    IDS.iter().find(|(spelling, _)| *spelling == id).map(|(_, name)| *name)
}

/// The name of a maker's spelling, cut into words.
pub(super) fn of_key(maker: &str, key: &str) -> Option<&'static str> {
    let (_, aliases) = KEYS.iter().find(|(known, _)| *known == maker)?;
    aliases.iter().find(|(spelling, _)| *spelling == key).map(|(_, name)| *name)
}
