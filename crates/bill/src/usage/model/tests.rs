use super::*;

/// Every spelling of one model and its one name.
const MODELS: [(&str, &str, &[&str]); 52] = [
    (
        "Claude Opus 4.6",
        "Anthropic",
        &[
            "Claude4.6Opus",
            "anthropic.claude-opus-4-6",
            "anthropic.claude-opus-4-6-v1",
            "anthropic.claude-opus-4-6-v1:0",
            "us.anthropic.claude-opus-4-6-v1:0",
            "eu.anthropic.claude-opus-4-6-v1",
            "apac.anthropic.claude-opus-4-6",
            "global.anthropic.claude-opus-4-6-v1",
            "Claude Opus 4.6",
            "Claude Opus 4.6 (Amazon Bedrock Edition)",
            "Anthropic Claude Opus 4.6",
        ],
    ),
    (
        "Claude Opus 5.5",
        "Anthropic",
        &["Claude5.5Opus", "anthropic.claude-opus-5-5", "Claude Opus 5.5 (Amazon Bedrock Edition)"],
    ),
    ("Claude Opus 5", "Anthropic", &["Claude5Opus", "anthropic.claude-opus-5", "Claude Opus 5", "Claude5.0Opus"]),
    (
        "Claude Haiku 4.5",
        "Anthropic",
        &[
            "Claude4.5Haiku",
            "global.anthropic.claude-haiku-4-5-20251001-v1:0",
            "Claude Haiku 4.5 (Amazon Bedrock Edition)",
        ],
    ),
    ("Claude Sonnet 4", "Anthropic", &["Claude4Sonnet", "anthropic.claude-sonnet-4-20250514-v1:0", "Claude Sonnet 4"]),
    ("Claude 3 Haiku", "Anthropic", &["Claude3Haiku", "anthropic.claude-3-haiku-20240307-v1:0:200k", "Claude 3 Haiku"]),
    ("Claude 3.5 Haiku", "Anthropic", &["Claude3-5Haiku", "us.anthropic.claude-3-5-haiku-20241022-v1:0"]),
    ("Claude 3.5 Sonnet", "Anthropic", &["Claude3.5Sonnet", "anthropic.claude-3-5-sonnet-20240620-v1:0"]),
    (
        "Claude 3.5 Sonnet v2",
        "Anthropic",
        &[
            "Claude3.5SonnetV2",
            "anthropic.claude-3-5-sonnet-20241022-v2:0",
            "Claude 3.5 Sonnet v2 (Amazon Bedrock Edition)",
        ],
    ),
    ("Claude 2.0", "Anthropic", &["Claude2.0", "anthropic.claude-v2"]),
    ("Claude 2.1", "Anthropic", &["Claude2.1", "anthropic.claude-v2:1", "Claude 2.1"]),
    ("Claude Instant", "Anthropic", &["ClaudeInstant", "anthropic.claude-instant-v1", "Claude Instant"]),
    ("Claude Fable 5.1", "Anthropic", &["Claude Fable 5.1 (Amazon Bedrock Edition)", "anthropic.claude-fable-5-1"]),
    (
        "Nova Lite",
        "Amazon",
        &["NovaLite", "amazon.nova-lite-v1:0", "us.amazon.nova-lite-v1:0", "Nova Lite", "Amazon Nova Lite"],
    ),
    ("Nova 2 Lite", "Amazon", &["Nova2.0Lite", "us.amazon.nova-2-lite-v1:0:256k", "Nova 2.0 Lite", "Nova 2 Lite"]),
    ("Nova 2 Sonic", "Amazon", &["NovaSonic2.0", "Nova Sonic 2.0", "amazon.nova-2-sonic-v1:0"]),
    ("Nova Reel", "Amazon", &["NovaReel", "amazon.nova-reel-v1:0"]),
    ("Nova Reel 1.1", "Amazon", &["amazon.nova-reel-v1:1", "Nova Reel 1.1", "NovaReel1.1"]),
    ("Nova Multimodal Embeddings", "Amazon", &["NovaMultiModalEmbeddings", "Nova MultiModal Embeddings"]),
    ("Titan Embeddings G1 - Text", "Amazon", &["TitanEmbeddingsG1-Text", "amazon.titan-embed-text-v1"]),
    ("Titan Text Embeddings V2", "Amazon", &["TitanEmbeddingV2-Text", "amazon.titan-embed-text-v2:0"]),
    ("Titan Multimodal Embeddings G1", "Amazon", &["TitanEmbeddingsG1-Image", "amazon.titan-embed-image-v1"]),
    ("Titan Text G1 - Lite", "Amazon", &["TitanTextLite", "TitanTextG1-Lite", "amazon.titan-text-lite-v1"]),
    ("Titan Text G1 - Premier", "Amazon", &["TitanText-Premier", "Titan Text G1 Premier"]),
    ("Amazon Rerank 1.0", "Amazon", &["AmazonRerank-v1", "amazon.rerank-v1:0"]),
    ("Llama 3.1 405B", "Meta", &["Llama3-1-405B", "us.meta.llama3-1-405b-instruct-v1:0", "Llama 3.1 405B"]),
    ("Llama 3.2 1B", "Meta", &["Llama3-2-1B", "meta.llama3-2-1b-instruct-v1:0"]),
    ("Llama 4 Maverick 17B", "Meta", &["Llama4-Maverick-17B", "meta.llama4-maverick-17b-instruct-v1:0:128k"]),
    ("Llama 2 Chat 70B", "Meta", &["Meta Llama 2 Chat 70B (Amazon Bedrock Edition)", "meta.llama2-70b-chat-v1"]),
    ("gpt-oss-120b", "OpenAI", &["gpt-oss-120b", "openai.gpt-oss-120b", "openai.gpt-oss-120b-1:0"]),
    ("gpt-oss-safeguard-120b", "OpenAI", &["GPT-OSS-Safeguard-120B", "openai.gpt-oss-safeguard-120b"]),
    ("GPT-5.6 Luna", "OpenAI", &["openai.gpt-5.6-luna", "GPT 5.6 Luna"]),
    ("GPT-6 Astra", "OpenAI", &["OpenAI GPT-6 Astra (Amazon Bedrock Edition)", "openai.gpt-6-astra"]),
    ("Qwen3 32B", "Qwen", &["Qwen3-32B", "qwen.qwen3-32b", "qwen.qwen3-32b-v1:0", "Qwen3 32B (dense)"]),
    (
        "Qwen3 Coder 480B A35B",
        "Qwen",
        &["qwen.qwen3-coder-480b-a35b-instruct", "qwen.qwen3-coder-480b-a35b-v1:0", "Qwen3-Coder-480B-A35B"],
    ),
    ("Qwen3 235B A22B 2507", "Qwen", &["qwen.qwen3-235b-a22b-2507-v1:0", "Qwen3 235B A22B 2507"]),
    (
        "Mistral Large 2407",
        "Mistral AI",
        &["MistralLarge2407", "mistral.mistral-large-2407-v1:0", "Mistral Large (24.07)"],
    ),
    ("Mistral Large 3", "Mistral AI", &["Mistral-Large-3-675b-Instruct", "mistral.mistral-large-3-675b-instruct"]),
    ("Mixtral 8x7B", "Mistral AI", &["Mixtral8x7B", "mistral.mixtral-8x7b-instruct-v0:1"]),
    (
        "Ministral 3 8B",
        "Mistral AI",
        &["Ministral-3-8b-Instruct", "mistral.ministral-3-8b-instruct", "Ministral 8B 3.0"],
    ),
    ("DeepSeek-V3.1", "DeepSeek", &["DeepSeekV3-1", "deepseek.v3.1", "DeepSeek V3.1", "deepseek.v3-v1:0"]),
    ("DeepSeek-R1", "DeepSeek", &["DeepSeek-R1", "us.deepseek.r1-v1:0"]),
    ("Gemma 3 4B", "Google", &["Gemma-3-4B-IT", "google.gemma-3-4b-it", "Gemma 3 4B"]),
    ("Kimi K2.5", "Moonshot AI", &["KimiK2.5", "moonshotai.kimi-k2.5", "Kimi K2.5"]),
    ("MiniMax M2.5", "MiniMax", &["minimax.minimax-m2.5", "MiniMax M2.5"]),
    ("GLM 4.7 Flash", "Z.AI", &["zai.glm-4.7-flash", "ZAI.GLM-4.7-Flash", "GLM 4.7 Flash"]),
    ("Cohere Rerank v3.5", "Cohere", &["Cohere Rerank v3.5 (Amazon Bedrock Edition)", "cohere.rerank-v3-5:0"]),
    ("Kimi K2 Thinking", "Moonshot AI", &["KimiK2Thinking", "moonshotai.kimi-k2-thinking", "Kimi-K2-Thinking"]),
    ("Jamba 1.5 Large", "AI21 Labs", &["ai21.jamba-1-5-large-v1:0", "Jamba 1.5 Large (Amazon Bedrock Edition)"]),
    (
        "Marengo Embed 3.0",
        "TwelveLabs",
        &[
            "TwelveLabs Marengo Embed 3.0 (Amazon Bedrock Edition)",
            "us.twelvelabs.marengo-embed-3-0-v1:0",
            "TwelveLabsMarengoEmbed3.0",
        ],
    ),
    ("Stable Diffusion 3.5 Large", "Stability AI", &["sd3_5_large", "stability.sd3-5-large-v1:0", "SD3.5 Large"]),
    ("Stable Image Core", "Stability AI", &["stable_image_core", "stability.stable-image-core-v1:1"]),
];

#[test]
fn every_spelling_of_a_model_meets_under_one_name() {
    for (name, provider, spellings) in MODELS {
        for spelling in spellings {
            let expected = Model { name: name.to_owned(), provider: Some(provider), is_known: true };
            assert_eq!(model(spelling), expected, "{spelling}");
        }
    }
}

#[test]
fn the_one_name_of_a_model_is_a_spelling_of_it() {
    for (name, provider, _) in MODELS {
        assert_eq!((model(name).name.as_str(), model(name).provider), (name, Some(provider)));
    }
}

#[test]
fn models_with_similar_names_stay_apart() {
    for (one, other) in [
        ("gpt-oss-120b", "GPT-OSS-Safeguard-120B"),
        ("gpt-oss-120b", "gpt-oss-20b"),
        ("Qwen3-32B", "qwen.qwen3-coder-next"),
        ("Qwen3-Coder-30B-A3B", "qwen.qwen3-coder-480b-a35b-instruct"),
        ("Claude4.6Opus", "Claude4.6Sonnet"),
        ("Claude4.6Opus", "Claude4Opus"),
        ("Claude 3.5 Sonnet", "Claude 3.5 Sonnet v2"),
        ("Command R", "Command R+"),
        ("Llama3-1-1B", "Llama3-11B"),
        ("NovaLite", "Nova2.0Lite"),
        ("Mistral Large (24.02)", "Mistral Large (24.07)"),
        ("Mistral Large", "Mistral Large 3"),
        ("deepseek.v3.1", "deepseek.v3.2"),
        ("nvidia.nemotron-nano-9b-v2", "nvidia.nemotron-nano-12b-v2"),
        ("amazon.rerank-v1:0", "cohere.rerank-v3-5:0"),
        ("zai.glm-4.7", "zai.glm-4.7-flash"),
        ("xai.grok-4.3", "xai.grok-4.7"),
    ] {
        assert_ne!(model(one).name, model(other).name);
    }
}

#[test]
fn a_model_of_an_unknown_maker_stays_as_billed() {
    for spelling in ["Frobnicator-9000", "acme.frob-3-v1:0", "Novation-9", "OSS", "4", "☃"] {
        assert_eq!(model(spelling), Model { name: spelling.to_owned(), provider: None, is_known: false });
    }
}

#[test]
fn an_unknown_model_of_a_known_maker_keeps_its_spelling() {
    let expected = Model { name: "openai.whisper-9".to_owned(), provider: Some("OpenAI"), is_known: false };
    assert_eq!(model("openai.whisper-9"), expected);
}

#[test]
fn the_product_of_aws_itself_is_not_a_model() {
    for name in
        ["Amazon Bedrock", "Amazon Bedrock Service", "Amazon Bedrock AgentCore", "Amazon Bedrock Foundation Models"]
    {
        assert!(!model(name).is_known, "{name}");
    }
}

#[test]
fn a_provider_is_told_by_any_of_its_names() {
    for (billed, name) in [("Mistral", "Mistral AI"), ("anthropic", "Anthropic"), ("Z.ai", "Z.AI"), ("Acme", "Acme")] {
        assert_eq!(provider(billed), name);
    }
}
