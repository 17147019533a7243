//! Families that are not inference by the token: each with its own form.

use std::sync::LazyLock;

use regex::Captures;

use super::kind::Kind;
use super::modifiers::{self, Modifiers};
use super::reading::Reading;
use super::rule::{Rule, first, part};

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let words = modifiers::PATTERN;
    vec![
        Rule::new(
            r"(?P<component>[A-Za-z-]+):(?:Consumption|Instance)-based(?::(?P<meter>[A-Za-z0-9:._-]+))?",
            agentcore_meter,
        ),
        Rule::new(
            &format!(r"(?:Guardrails?|GuardrailChecks)-(?P<what>.+?)UnitsConsumed(?P<after>(?:-(?:{words}))*)"),
            guardrail,
        ),
        Rule::new(r"DataAutomation-(?:(?P<output>Standard|Custom)-)?(?P<meter>.+)", data_automation),
        Rule::new(
            r"(?P<model>.+?)-ProvisionedThroughput(?P<custom>-Custom)?-(?P<commit>(?i:NoCommit|[0-9]+-?Months?(?:-?Commit)?))-ModelUnits",
            provisioned_throughput,
        ),
        Rule::new(
            &format!(
                r"(?P<model>.+?)-(?i:reserved)-(?P<months>[0-9]+)-?(?i:month)-(?P<direction>(?i:input|output))-?(?i:tokens-per-minute|TPM)(?P<after>(?:-(?:{words}|Geo|Global))*)"
            ),
            reserved_throughput,
        ),
        Rule::new(
            r"(?P<model>.+?)-(?:Customization|RFT|SFT|DPO|CPT)-(?P<what>Training|Storage)(?:-Hours)?",
            customization,
        ),
        Rule::new(r"(?:.+?-)?CustomModelImport-(?P<what>Inference|Storage)(?:-v[0-9:.]+)?", custom_model_import),
        Rule::new(
            &format!(
                r"(?P<model>.+?)(?P<custom>-Custom)?-(?P<task>T2I|I2I|T2V|I2V|V2V)-.+?(?P<after>(?:-(?:{words}))*)"
            ),
            generation,
        ),
        // Luma's Ray, whose lines do not say what the video is made of: `Ray-V2-Medfps-HDRes`.
        Rule::new(r"(?P<model>.+?)-[A-Za-z]+fps-[A-Za-z0-9]+Res", |found| {
            Some(Reading::of(Kind::other("output_video")).with_model(part(found, "model")))
        }),
        Rule::new(&format!(r"(?P<model>.+?)-nova-grounding(?P<after>(?:-(?:{words}))*)"), |found| {
            Some(Reading::of(Kind::other("grounding")).with_model(part(found, "model")).with_modifiers(after(found)?))
        }),
        // AWS's CUDOS tells the following by these words, wherever they stand in the string.
        Rule::new(r"(?i:(?:.+-)?(?:Bedrock-?Flows?|InvokeFlow)|Flows?)(?:[-:](?P<what>.+))?", |found| {
            named("flow", found)
        }),
        Rule::new(r"(?i:Prompt-?Optimization|(?:.+-)?OptimizePrompt)(?:[-:](?P<what>.+))?", |found| {
            named("prompt_optimization", found)
        }),
        Rule::new(r"(?i:(?:.+-)?(?:Intelligent-?)?Prompt-?Routing)(?:[-:](?P<what>.+))?", |found| {
            named("prompt_routing", found)
        }),
        Rule::new(r"(?i:(?:.+-)?(?:Bedrock-?)?(?:Model-?)?Evaluations?)(?:[-:](?P<what>.+))?", |found| {
            named("evaluation", found)
        }),
        Rule::new(r"(?i:Bedrock-?)?(?i:Knowledge-?Bases?)[-:](?P<what>.+)", |found| named("knowledge_base", found)),
        Rule::new(r"(?:.+?-)??(?P<what>(?i:GenerateSQL|StructuredRetrieve).*)", |found| named("knowledge_base", found)),
        // The web search that the mantle endpoint offers its models; AgentCore's own is a meter.
        Rule::new(r"(?i:Bedrock-Websearch)(?:-(?P<what>.+))?", |found| named("web_search", found)),
        Rule::new(r"(?:.+-)?(?:DataTransfer-.+|(?:AWS|CloudFront)-(?:In|Out)-Bytes)", |_| {
            Some(Reading::of(Kind::other("data_transfer")))
        }),
    ]
});

/// Reads a line of a family.
pub(super) fn read(rest: &str) -> Option<Reading> {
    first(&RULES, rest)
}

/// `Memory:Consumption-based:Long-Term-Memory-Storage:Built-in-memory`, `Runtime:Instance-based:…:Management-Hours`.
fn agentcore_meter(found: &Captures<'_>) -> Option<Reading> {
    let meter = part(found, "meter").map_or(String::new(), |meter| format!("/{}", meter.replace(':', "/")));
    let name = format!("meter:{}{meter}", &found["component"]);
    Some(Reading { agentcore: true, ..Reading::of(Kind::other(name)) })
}

fn guardrail(found: &Captures<'_>) -> Option<Reading> {
    let kind = Kind::other(format!("guardrail:{}", &found["what"]));
    Some(Reading::of(kind).with_modifiers(after(found)?))
}

fn data_automation(found: &Captures<'_>) -> Option<Reading> {
    let reading = Reading::of(Kind::other(format!("data_automation:{}", &found["meter"])));
    Some(match part(found, "output") {
        Some(output) => reading.with_tier(output.to_ascii_lowercase()),
        None => reading,
    })
}

fn provisioned_throughput(found: &Captures<'_>) -> Option<Reading> {
    let modifiers = Modifiers { custom_model: found.name("custom").is_some(), ..Modifiers::default() };
    let reading = Reading::of(Kind::other("model_unit")).with_tier(format!("provisioned_{}", &found["commit"]));
    Some(reading.with_model(part(found, "model")).with_modifiers(modifiers))
}

fn reserved_throughput(found: &Captures<'_>) -> Option<Reading> {
    let reading =
        Reading::of(Kind::reserved(&found["direction"])).with_tier(format!("reserved_{}Month", &found["months"]));
    Some(reading.with_model(part(found, "model")).with_modifiers(after(found)?))
}

fn customization(found: &Captures<'_>) -> Option<Reading> {
    let kind = Kind::other(format!("customization_{}", found["what"].to_ascii_lowercase()));
    Some(Reading::of(kind).with_model(part(found, "model")).with_tier("customization"))
}

fn custom_model_import(found: &Captures<'_>) -> Option<Reading> {
    let kind = Kind::other(format!("custom_model_import_{}", found["what"].to_ascii_lowercase()));
    Some(Reading::of(kind).with_tier("custom_model_import"))
}

/// `NovaCanvas-T2I-1024-Premium`: the letters say what is made of what, text, image or video.
fn generation(found: &Captures<'_>) -> Option<Reading> {
    let kind = if found["task"].ends_with('I') { "output_image" } else { "output_video" };
    let modifiers = Modifiers { custom_model: found.name("custom").is_some(), ..after(found)? };
    // The size's own word, `Standard` or `Premium`, is a quality and not a tier.
    let reading = Reading::of(Kind::other(kind)).with_model(part(found, "model"));
    Some(reading.with_modifiers(modifiers))
}

fn named(family: &str, found: &Captures<'_>) -> Option<Reading> {
    let name = match part(found, "what") {
        Some(what) => format!("{family}:{what}"),
        None => family.to_owned(),
    };
    Some(Reading::of(Kind::other(name)))
}

fn after(found: &Captures<'_>) -> Option<Modifiers> {
    Modifiers::parse(part(found, "after").unwrap_or_default())
}
