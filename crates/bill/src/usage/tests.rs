use proptest::prelude::*;

use super::*;

fn read(usage_type: &str) -> Usage {
    classify(&UsageLine { usage_type, ..UsageLine::default() })
}

/// Region, model, kind, cache, tier, routing of a usage type alone; `unclassified` where no rule knows it.
fn shown(usage_type: &str) -> String {
    let usage = read(usage_type);
    if usage.status == Status::Unclassified {
        let others =
            [&usage.model, &usage.model_as_billed, &usage.provider, &usage.token_kind, &usage.cache, &usage.tier];
        assert!(others.iter().all(|field| field.is_none()) && usage.routing.is_none(), "{usage_type}");
        return format!("{} unclassified", usage.region.as_deref().unwrap_or("-"));
    }
    let fields = [&usage.region, &usage.model, &usage.token_kind, &usage.cache, &usage.tier, &usage.routing];
    fields.map(|field| field.as_deref().unwrap_or("-")).join(" | ")
}

fn check(cases: &[(&str, &str)]) {
    for (usage_type, expected) in cases {
        assert_eq!(shown(usage_type), *expected, "{usage_type}");
    }
}

/// Forms of public bills and price lists beyond the project's collected list.
#[test]
fn inference_in_further_spellings() {
    check(&[
        // grafana/cloudcost-exporter, pkg/aws/bedrock/bedrock_test.go
        (
            "USE1-cohere.rerank-english-v3-search-units",
            "us-east-1 | cohere.rerank-english-v3 | search_unit | - | - | -",
        ),
        // stdapi-ai/stdapi.ai tests
        (
            "USE1-Claude4Sonnet-cache-write-input-token-count-1-hour",
            "us-east-1 | Claude Sonnet 4 | input | write_1h | standard | in-region-or-geo",
        ),
        (
            "USE1-anthropic.claude-sonnet-4-5-mantle-cache-write-tokens-1h-standard",
            "us-east-1 | Claude Sonnet 4.5 | input | write_1h | standard | mantle/in-region-or-geo",
        ),
        (
            "USE1-NovaMultiModalEmbeddings-input-document-image",
            "us-east-1 | Nova Multimodal Embeddings | input_document_image | - | standard | in-region-or-geo",
        ),
        // Public price list, us-east-1, 2026
        (
            "USE1-NovaMultiModalEmbeddings-input-audio-second",
            "us-east-1 | Nova Multimodal Embeddings | input_audio_second | - | standard | in-region-or-geo",
        ),
        (
            "USE1-Nova2.0Omni-input-video-token-count-flex",
            "us-east-1 | Nova 2 Omni | input_video | - | flex | in-region-or-geo",
        ),
        (
            "APN1-NovaSonic2.0-speech-output-tokens",
            "ap-northeast-1 | Nova 2 Sonic | speech_output | none | standard | in-region-or-geo",
        ),
        (
            "USE1-moonshotai.kimi-k3-mantle-cache-write-tokens-30m-standard",
            "us-east-1 | Kimi K3 | input | write_30m | standard | mantle/in-region-or-geo",
        ),
        (
            "USE1-Nova2.0Lite-cache-read-input-token-count-cross-region-global",
            "us-east-1 | Nova 2 Lite | input | read | standard | global",
        ),
        (
            "EU-TitanEmbeddingV2-Text-input-tokens",
            "eu-west-1 | Titan Text Embeddings V2 | input | none | standard | in-region-or-geo",
        ),
        // awslabs, model-info-amazon-bedrock: suffixes that its mapper knows
        (
            "USE1-Claude4.5Sonnet-output-tokens-long-context-cross-region-geo",
            "us-east-1 | Claude Sonnet 4.5 | output | none | standard+long_context | in-region-or-geo",
        ),
        (
            "USE1-openai.gpt-5.6-luna-mantle-cache-read-tokens-long-ctx-priority",
            "us-east-1 | GPT-5.6 Luna | input | read | priority+long_context | mantle/in-region-or-geo",
        ),
        (
            "USE1-Claude4.5Sonnet-reserved-1-month-input-tokens-per-minute-cross-region-global",
            "us-east-1 | Claude Sonnet 4.5 | reserved_tpm_input | - | reserved_1Month | global",
        ),
        // Orders of the same words
        (
            "USE1-Nova2.0Lite-output-tokens-batch-cross-region-global",
            "us-east-1 | Nova 2 Lite | output | none | batch | global",
        ),
        ("USE1-NovaPro-cache-read-tokens-1h", "us-east-1 | Nova Pro | input | read | standard | in-region-or-geo"),
        (
            "USE1-NovaPro-cache-write-1h-input-token-count-custom-model-batch",
            "us-east-1 | Nova Pro | input | write_1h | batch+custom_model | in-region-or-geo",
        ),
    ]);
}

/// AWS prices routing inside a geography like the region that called; it tells the two apart for reserved capacity alone.
#[test]
fn only_reserved_capacity_is_sold_for_a_geography() {
    check(&[
        // awslabs, model-info-amazon-bedrock
        (
            "USE1-Claude4.5Sonnet-reserved-3-month-input-tokens-per-minute-cross-region-geo",
            "us-east-1 | Claude Sonnet 4.5 | reserved_tpm_input | - | reserved_3Month | geo",
        ),
        (
            "EU-Claude4.5Sonnet-reserved-1-month-output-tokens-per-minute-cross-region-global",
            "eu-west-1 | Claude Sonnet 4.5 | reserved_tpm_output | - | reserved_1Month | global",
        ),
        (
            "USW2-NovaPro-input-tokens-cross-region-geo",
            "us-west-2 | Nova Pro | input | none | standard | in-region-or-geo",
        ),
    ]);
}

/// scttfrdmn/cultivar, internal/bedrock/tokenprice_test.go: the price list calls it `Llama 3.1 70B Latency Optimized`.
#[test]
fn a_model_may_be_spelled_with_its_latency() {
    let usage_type = "USE1-Llama3-1-70B-LatencyOptimized-input-tokens";
    check(&[(usage_type, "us-east-1 | Llama 3.1 70B | input | none | latency_optimized | in-region-or-geo")]);
    assert_eq!(read(usage_type).model_as_billed.as_deref(), Some("Llama3-1-70B-LatencyOptimized"));
}

#[test]
fn marketplace_dimensions_in_further_spellings() {
    check(&[
        (
            "USE1-MP:USE1_CacheWrite1hInputTokenCount_LCtx_Global-Units",
            "us-east-1 | - | input | write_1h | standard+long_context | global",
        ),
        (
            "USE1-MP:USE1_CacheWrite30mInputTokenCount-Units",
            "us-east-1 | - | input | write_30m | standard | in-region-or-geo",
        ),
        (
            "USE1-MP:USE1_InputTokenCount_LCtx_Global_Batch-Units",
            "us-east-1 | - | input | none | batch+long_context | global",
        ),
        (
            "USE1-MP:USE1_cache_writes_tokens_standard-Units",
            "us-east-1 | - | input | write | standard | in-region-or-geo",
        ),
        // The cards of GPT 5.4 to 5.6 in AWS's agreement offers, September 2026
        (
            "USE1-MP:USE1_cached_input_tokens_long_ctx_global_standard-Units",
            "us-east-1 | - | input | read | standard+long_context | global",
        ),
        ("USW2-MP:USW2_cached_input_tokens_batch-Units", "us-west-2 | - | input | read | batch | in-region-or-geo"),
        (
            "USE1-MP:cache_write_tokens_30m_long_ctx_global_standard-Units",
            "us-east-1 | - | input | write_30m | standard+long_context | global",
        ),
        // The card of Claude Sonnet 4.6, August 2026
        (
            "USE1-MP:USE1_CacheWriteInputTokenCount_Geo-Units",
            "us-east-1 | - | input | write | standard | in-region-or-geo",
        ),
        (
            "USE1-MP:USE1_cache_read_tokens_global_long_ctx_standard-Units",
            "us-east-1 | - | input | read | standard+long_context | global",
        ),
        (
            "USE1-MP:USE1_cache_write_tokens_1h_long_ctx_standard-Units",
            "us-east-1 | - | input | write_1h | standard+long_context | in-region-or-geo",
        ),
        (
            "USE1-MP:USE1_input_tokens_long_ctx_flex-Units",
            "us-east-1 | - | input | none | flex+long_context | in-region-or-geo",
        ),
        ("APN1-MP:APN1_input_tokens_priority-Units", "ap-northeast-1 | - | input | none | priority | in-region-or-geo"),
        ("EUC1-MP:EUC1_OutputTokenCount-Units", "eu-central-1 | - | output | none | standard | in-region-or-geo"),
        ("UGW1-MP:UGW1_InputTokenCount-Units", "us-gov-west-1 | - | input | none | standard | in-region-or-geo"),
        (
            "USW2-MP:USW2_ProvisionedThroughput_6MonthsCommit_ModelUnits_Usage-Units",
            "us-west-2 | - | model_unit | - | provisioned_6MonthsCommit | -",
        ),
        (
            "USE1-MP:USE1_ProvisionedThroughput_NoCommit_ModelUnits_Usage-Units",
            "us-east-1 | - | model_unit | - | provisioned_NoCommit | -",
        ),
        ("USE1-MP:USE1_created_image-Units", "us-east-1 | - | output_image | - | - | -"),
        (
            "USE1-MP:USE1_Created_image_stable_image_ultra-Units",
            "us-east-1 | Stable Image Ultra | output_image | - | - | -",
        ),
        ("USE1-MP:USE1_CreatedImage-Units", "us-east-1 | - | output_image | - | - | -"),
        // AWS's CUDOS looks for `_customization_storage` and `customizationtokencount`
        (
            "USE1-MP:USE1_Command_Customization_Storage-Units",
            "us-east-1 | - | customization_storage | - | customization | -",
        ),
        (
            "USE1-MP:USE1_CustomizationTokenCount-Units",
            "us-east-1 | - | customization_training | - | customization | -",
        ),
        ("USE1-MP:USE1_inputVideoSecond-Units", "us-east-1 | - | input_video_second | - | - | -"),
        ("USE1-MP:USE1_MillionInputTokens-Units", "us-east-1 | - | input | none | standard | in-region-or-geo"),
        // As the agreement lists it, without the region in front.
        ("USE1_input_tokens_standard-Units", "us-east-1 | - | input | none | standard | in-region-or-geo"),
        ("MP:USE1_input_tokens_standard-Units", "us-east-1 | - | input | none | standard | in-region-or-geo"),
    ]);
}

#[test]
fn families_that_are_not_tokens() {
    check(&[
        ("USE1-Guardrail-WordPolicyUnitsConsumed", "us-east-1 | - | guardrail:WordPolicy | - | - | -"),
        (
            "USE1-Guardrail-SensitiveInformationPolicyPaidUnitsConsumed",
            "us-east-1 | - | guardrail:SensitiveInformationPolicyPaid | - | - | -",
        ),
        (
            "USE1-Guardrail-SensitiveInformationPolicyFreeUnitsConsumed",
            "us-east-1 | - | guardrail:SensitiveInformationPolicyFree | - | - | -",
        ),
        (
            "APN1-Guardrail-ContextualGroundingPolicyUnitsConsumed",
            "ap-northeast-1 | - | guardrail:ContextualGroundingPolicy | - | - | -",
        ),
        (
            "USE1-Nova2.0Lite-ProvisionedThroughput-NoCommit-ModelUnits",
            "us-east-1 | Nova 2 Lite | model_unit | - | provisioned_NoCommit | -",
        ),
        (
            "USE1-Nova2.0Lite-ProvisionedThroughput-1month-ModelUnits",
            "us-east-1 | Nova 2 Lite | model_unit | - | provisioned_1month | -",
        ),
        (
            "USW2-Llama3-1-70B-ProvisionedThroughput-6MonthCommit-ModelUnits",
            "us-west-2 | Llama 3.1 70B | model_unit | - | provisioned_6MonthCommit | -",
        ),
        (
            "USE1-TitanText-Premier-ProvisionedThroughput-Custom-NoCommit-ModelUnits",
            "us-east-1 | Titan Text G1 - Premier | model_unit | - | provisioned_NoCommit+custom_model | -",
        ),
        (
            "USW2-Llama3-3-70B-Customization-Training",
            "us-west-2 | Llama 3.3 70B | customization_training | - | customization | -",
        ),
        (
            "USE1-OSS-CustomModelImport-Storage-v1:0",
            "us-east-1 | - | custom_model_import_storage | - | custom_model_import | -",
        ),
        (
            "USE1-TitanImageGeneratorG1-I2I-512-Premium",
            "us-east-1 | Titan Image Generator G1 | output_image | - | - | -",
        ),
        ("USE1-NovaReel-I2V-Stdfps-SDRes", "us-east-1 | Nova Reel | output_video | - | - | -"),
        // Price list of us-west-2, October 2026
        ("USW2-Ray-V2-Medfps-HDRes", "us-west-2 | Luma Ray 2 | output_video | - | - | -"),
        ("USE1-Nova2.0Lite-nova-grounding", "us-east-1 | Nova 2 Lite | grounding | - | - | -"),
        (
            "USE1-DataAutomation-Standard-ImagesProcessed",
            "us-east-1 | - | data_automation:ImagesProcessed | - | standard | -",
        ),
        (
            "USE1-DataAutomation-Custom-PagesProcessed-AddOnFields",
            "us-east-1 | - | data_automation:PagesProcessed-AddOnFields | - | custom | -",
        ),
        ("USE1-InvokeFlow-NodeTransitions", "us-east-1 | - | flow:NodeTransitions | - | - | -"),
        ("USE1-OptimizePrompt", "us-east-1 | - | prompt_optimization | - | - | -"),
        ("USE1-GenerateSQL", "us-east-1 | - | knowledge_base:GenerateSQL | - | - | -"),
        // The words of CUDOS in the middle of a string, as in the price list's operations of these names
        ("USE1-BedrockFlows-v1-invokeFlow", "us-east-1 | - | flow | - | - | -"),
        ("USE1-APO-optimizePrompt-tokens", "us-east-1 | - | prompt_optimization:tokens | - | - | -"),
        (
            "USE1-GenerateSQL-StructuredRetrieve",
            "us-east-1 | - | knowledge_base:GenerateSQL-StructuredRetrieve | - | - | -",
        ),
        ("USE1-Bedrock-Websearch-Queries", "us-east-1 | - | web_search:Queries | - | - | -"),
        ("USE1-CloudFront-Out-Bytes", "us-east-1 | - | data_transfer | - | - | -"),
        ("USE1-DataTransfer-Regional-Bytes", "us-east-1 | - | data_transfer | - | - | -"),
    ]);
}

/// Cost Explorer and the price list of AgentCore, us-east-1 and ap-northeast-1, August 2026.
#[test]
fn the_meters_of_agentcore() {
    for (usage_type, kind) in [
        ("USE1-Runtime:Consumption-based:vCPU", "meter:Runtime/vCPU"),
        ("USE1-Runtime:Consumption-based:vCPU-v2", "meter:Runtime/vCPU-v2"),
        ("USE1-Memory:Consumption-based:Short-Term-Memory", "meter:Memory/Short-Term-Memory"),
        (
            "APN1-Memory:Consumption-based:Long-Term-Memory-Storage:Built-in-memory",
            "meter:Memory/Long-Term-Memory-Storage/Built-in-memory",
        ),
        ("USE1-Policy:Consumption-based", "meter:Policy"),
        ("USE1-BrowserTool:Consumption-based:Memory", "meter:BrowserTool/Memory"),
        ("USE1-CodeInterpreter:Consumption-based:vCPU", "meter:CodeInterpreter/vCPU"),
        ("USE1-Gateway:Consumption-based:Search-API", "meter:Gateway/Search-API"),
        ("USE1-WebSearchTool:Consumption-based:Queries", "meter:WebSearchTool/Queries"),
        ("USE1-Evaluations:Consumption-based:BuiltIn-Input:Tier1", "meter:Evaluations/BuiltIn-Input/Tier1"),
        ("USE1-Knowledge-Base:Consumption-based:Retrieval", "meter:Knowledge-Base/Retrieval"),
        ("USE1-Runtime:Instance-based:c7g.large:Management-Hours", "meter:Runtime/c7g.large/Management-Hours"),
    ] {
        let usage = read(usage_type);
        assert_eq!(usage.token_kind.as_deref(), Some(kind));
        assert_eq!((usage.agentcore, usage.model, usage.tokens_per_unit, usage.token_class), (true, None, None, None));
    }
    assert!(!read("USE1-NovaLite-input-tokens").agentcore);
}

#[test]
fn what_no_rule_knows_is_not_guessed_at() {
    check(&[
        // Invented forms that circulate in guides; no bill shows them.
        ("USE1-InvokeModel:anthropic.claude-3-sonnet", "us-east-1 unclassified"),
        ("USE1-InvokeModel-Claude-3-Sonnet", "us-east-1 unclassified"),
        ("USE1-Totally-Unknown-Token-Shape-input-tokens-wat", "us-east-1 unclassified"),
        ("USE1-NovaLite-input-tokens-batch-flex", "us-east-1 unclassified"),
        ("USE1-MP:USE1_CacheValidationCount-Units", "us-east-1 unclassified"),
        // Two regions in one line.
        ("USE1-MP:USW2_InputTokenCount-Units", "us-east-1 unclassified"),
        ("APS10-SomethingNew", "- unclassified"),
        ("SomethingNew", "- unclassified"),
        ("USE1-", "- unclassified"),
        ("", "- unclassified"),
    ]);
}

#[test]
fn a_string_without_a_prefix_has_the_region_of_its_column() {
    assert_eq!(shown("NovaLite-input-tokens"), "- | Nova Lite | input | none | standard | in-region-or-geo");
    let usage = classify(&UsageLine {
        usage_type: "GPT-OSS-Safeguard-20B-input-tokens",
        region_code: Some("us-east-1"),
        ..UsageLine::default()
    });
    assert_eq!((usage.region.as_deref(), usage.model.as_deref()), (Some("us-east-1"), Some("gpt-oss-safeguard-20b")));
}

#[test]
fn the_column_is_trusted_before_the_prefix() {
    let usage = classify(&UsageLine {
        usage_type: "APS1-NovaLite-input-tokens",
        region_code: Some("ap-south-1"),
        ..UsageLine::default()
    });
    assert_eq!(usage.region.as_deref(), Some("ap-south-1"));
}

#[test]
fn tokens_are_counted_in_the_unit_of_the_line() {
    for (usage_type, unit, tokens, class) in [
        ("USE1-NovaLite-input-tokens", "1K tokens", Some(1_000), Some(TokenClass::Input)),
        ("USE1-xai.grok-4.3-mantle-output-tokens-batch", "1M tokens", Some(1_000_000), Some(TokenClass::Output)),
        ("USE1-MP:USE1_CacheReadInputTokenCount-Units", "Units", Some(1_000_000), Some(TokenClass::CacheRead)),
        ("USE1-NovaPro-cache-write-input-token-count", "1k tokens", Some(1_000), Some(TokenClass::CacheWrite)),
        ("USE1-Nova2.0Omni-output-image-token-count", "1K tokens", Some(1_000), Some(TokenClass::Output)),
        ("USE1-MP:USE1_search_units-Units", "Units", None, None),
        ("USE1-MP:USE1_InputImageCount-Units", "Units", None, None),
        ("USE1-TitanEmbeddingsG1-Image-input-image", "Images Processed", None, None),
        ("USE1-MP:USE1_Reserved_1Month_InputTPM_Geo-Units", "1M TPM Hour", None, None),
        ("USE1-Guardrail-ContentPolicyUnitsConsumed", "TextUnit", None, None),
        ("USE1-Nova2.0Lite-Customization-Training", "1K tokens", None, None),
        ("USE1-unknown", "1K tokens", None, None),
    ] {
        let usage = classify(&UsageLine { usage_type, pricing_unit: Some(unit), ..UsageLine::default() });
        assert_eq!((usage.tokens_per_unit, usage.token_class), (tokens, class), "{usage_type}");
        assert_eq!(usage.unit.as_deref(), Some(unit));
    }
}

#[test]
fn words_are_named_and_read_back() {
    for class in [TokenClass::Input, TokenClass::Output, TokenClass::CacheRead, TokenClass::CacheWrite] {
        assert_eq!(class.as_str().parse::<TokenClass>(), Ok(class));
    }
    for status in [Status::Classified, Status::Unclassified] {
        assert_eq!(status.as_str().parse::<Status>(), Ok(status));
    }
    assert!("x".parse::<Status>().is_err() && "x".parse::<TokenClass>().is_err());
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(usage_type in ".{0,60}", name in ".{0,30}", resource in ".{0,30}") {
        let line = UsageLine {
            usage_type: &usage_type,
            product_name: Some(&name),
            product_model: Some(&name),
            product_inference_type: Some(&name),
            resource_id: Some(&resource),
            ..UsageLine::default()
        };
        let usage = classify(&line);
        prop_assert_eq!(usage.token_kind.is_some(), usage.status == Status::Classified);
    }

    #[test]
    fn the_order_of_modifiers_does_not_matter(
        words in Just(vec!["long-ctx", "cross-region-global", "flex", "custom-model"]).prop_shuffle(),
    ) {
        let usage = read(&format!("USE1-Claude5.5Opus-output-tokens-{}", words.join("-")));
        prop_assert_eq!(usage.tier.as_deref(), Some("flex+long_context+custom_model"));
        prop_assert_eq!((usage.routing.as_deref(), usage.model.as_deref()), (Some("global"), Some("Claude Opus 5.5")));
    }
}
