use super::*;
use crate::usage::{Status, TokenClass, Usage, classify};

fn line(usage_type: &str) -> UsageLine<'_> {
    UsageLine { usage_type, ..UsageLine::default() }
}

fn shown(usage: &Usage) -> [&str; 6] {
    [&usage.model, &usage.provider, &usage.token_kind, &usage.cache, &usage.tier, &usage.routing]
        .map(|field| field.as_deref().unwrap_or(""))
}

#[test]
fn a_string_that_nobody_knows_is_read_from_the_product_map() {
    let usage = classify(&UsageLine {
        region_code: Some("eu-west-3"),
        product_model: Some("Claude Opus 9.1"),
        product_provider: Some("Anthropic"),
        product_inference_type: Some("Prompt cache read input tokens flex"),
        product_feature: Some("On-demand Inference"),
        pricing_unit: Some("1K tokens"),
        ..line("EUW3-a-form-of-next-year")
    });
    assert_eq!(shown(&usage), ["Claude Opus 9.1", "Anthropic", "input", "read", "flex", "in-region-or-geo"]);
    assert_eq!((usage.region.as_deref(), usage.status), (Some("eu-west-3"), Status::Classified));
    assert_eq!((usage.tokens_per_unit, usage.token_class), (Some(1_000), Some(TokenClass::CacheRead)));
}

#[test]
fn the_product_map_names_the_model_whatever_the_string_says() {
    let usage = classify(&UsageLine {
        product_model: Some("Claude Opus 4.6"),
        product_provider: Some("anthropic"),
        ..line("USE1-Claude4Opus-input-tokens")
    });
    assert_eq!(shown(&usage), ["Claude Opus 4.6", "Anthropic", "input", "none", "standard", "in-region-or-geo"]);
    assert_eq!(usage.model_as_billed.as_deref(), Some("Claude4Opus"));
}

#[test]
fn the_feature_tells_batch_where_the_string_does_not() {
    let batch = |usage_type| {
        classify(&UsageLine {
            product_inference_type: Some("Input tokens"),
            product_feature: Some("Batch Inference"),
            ..line(usage_type)
        })
        .tier
    };
    assert_eq!(batch("USE1-Qwen3-32B-input-tokens").as_deref(), Some("batch"));
    assert_eq!(batch("USE1-Qwen3-32B-input-tokens-batch").as_deref(), Some("batch"));
    assert_eq!(batch("USE1-qwen.qwen3-32b-mantle-input-tokens-standard").as_deref(), Some("standard"));
}

#[test]
fn a_string_that_says_more_than_the_product_map_is_kept() {
    let usage = classify(&UsageLine {
        product_inference_type: Some("Input tokens"),
        product_feature: Some("On-demand Inference"),
        ..line("USE1-Claude4.6Opus-cache-write-1h-input-token-count-cross-region-global-batch")
    });
    assert_eq!(shown(&usage), ["Claude Opus 4.6", "Anthropic", "input", "write_1h", "batch", "global"]);
}

#[test]
fn the_product_map_tells_what_the_string_leaves_open() {
    let usage = classify(&UsageLine {
        product_inference_type: Some("Cache write tokens 1h global"),
        ..line("USE1-Claude4.6Opus-cache-write-input-token-count")
    });
    assert_eq!(shown(&usage)[3..], ["write_1h", "standard", "global"]);
}

#[test]
fn the_attributes_of_the_price_list_are_understood() {
    for (text, name, cache, tier) in [
        ("Input tokens", "input", Some("none"), None),
        ("input tokens batch", "input", Some("none"), Some("batch")),
        ("Output tokens global priority", "output", Some("none"), Some("priority")),
        ("Prompt cache write input tokens", "input", Some("write"), None),
        ("Cache write tokens 30m global", "input", Some("write"), None),
        ("Text Input Tokens", "text_input", Some("none"), None),
        ("Input Image Token Count", "input_image", None, None),
        ("Input Video Token Count Flex", "input_video", None, Some("flex")),
        ("Speech Understanding input token", "speech_understanding_input", Some("none"), None),
        ("image generation", "output_image", None, None),
        ("T2I 1024 Standard", "output_image", None, None),
        ("Rerank units", "search_unit", None, None),
    ] {
        let (kind, modifiers) = inference_type(text).expect(text);
        assert_eq!((kind.name.as_str(), kind.cache.as_deref(), modifiers.tier), (name, cache, tier), "{text}");
    }
    assert_eq!(inference_type("Something new"), None);
}

#[test]
fn a_marketplace_line_is_told_by_the_name_of_its_product() {
    let usage = classify(&UsageLine {
        product_name: Some("Claude Opus 5.5 (Amazon Bedrock Edition)"),
        pricing_unit: Some("Units"),
        resource_id: Some("arn:aws:bedrock:us-west-2:123456789012:inference-profile/us.amazon.nova-lite-v1:0"),
        ..line("USW2-MP:USW2_output_tokens_standard-Units")
    });
    assert_eq!(shown(&usage), ["Claude Opus 5.5", "Anthropic", "output", "none", "standard", "in-region-or-geo"]);
    assert_eq!(usage.model_as_billed.as_deref(), Some("Claude Opus 5.5"));
    assert_eq!(usage.tokens_per_unit, Some(1_000_000));
}

#[test]
fn a_marketplace_line_without_a_name_is_told_by_its_resource() {
    for (resource, model) in [
        ("arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-8", "Claude Opus 4.8"),
        (
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-opus-4-6-v1",
            "Claude Opus 4.6",
        ),
        ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0", "Claude 3 Haiku"),
        ("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/0abc1def2ghi", ""),
        ("i-0abc123", ""),
    ] {
        let usage = classify(&UsageLine { resource_id: Some(resource), ..line("USE1-MP:USE1_InputTokenCount-Units") });
        assert_eq!(usage.model.as_deref().unwrap_or(""), model, "{resource}");
    }
}

#[test]
fn the_name_of_a_service_is_not_a_model() {
    for name in ["Amazon Bedrock", "Amazon Bedrock Service", "Amazon Bedrock AgentCore"] {
        let usage =
            classify(&UsageLine { product_name: Some(name), ..line("USE1-Guardrail-ContentPolicyUnitsConsumed") });
        assert_eq!((usage.model, usage.provider), (None, None));
    }
}

#[test]
fn an_image_whose_string_names_the_model_learns_its_maker_from_the_product() {
    let usage_type = "USE1-MP:USE1_created_image_stable_image_core-Units";
    let product_name = Some("Stable Image Core v1.0 (Amazon Bedrock Edition)");
    assert_eq!(classify(&line(usage_type)).provider, None);
    assert_eq!(classify(&UsageLine { product_name, ..line(usage_type) }).provider.as_deref(), Some("Stability AI"));
}

#[test]
fn blank_texts_are_as_good_as_none() {
    let usage = classify(&UsageLine {
        region_code: Some(""),
        product_model: Some(" "),
        product_provider: Some(""),
        product_inference_type: Some(""),
        pricing_unit: Some(""),
        ..line("USE1-NovaLite-input-tokens")
    });
    assert_eq!(usage, classify(&line("USE1-NovaLite-input-tokens")));
}
