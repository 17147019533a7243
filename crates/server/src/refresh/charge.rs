use bill::bedrock::is_agent_core;
use bill::charge_type::ChargeType;
use bill::usage::{Status, UsageLine, classify};
use store::loads::Charge;

/// What facts need of a charge that has been read.
#[derive(Clone, Debug)]
pub(super) struct KnownCharge {
    pub(super) charge_id: i32,
    pub(super) model: Option<String>,
    pub(super) charge_type: Option<String>,
    /// How many tokens a unit of quantity is; `None` where the line counts none.
    pub(super) tokens_per_unit: Option<i64>,
}

/// Reads what a line charges for. Beside it: how many tokens a unit of its quantity is.
pub(super) fn read_charge(columns: &[Option<&str>; 16]) -> (Charge, Option<i64>) {
    let [
        billing_entity,
        invoice,
        legal_entity,
        charge_type_text,
        product_code,
        product_name,
        operation,
        usage_type,
        region_code,
        product_model,
        product_provider,
        product_inference_type,
        product_feature,
        pricing_unit,
        description_unit,
        resource_id,
    ] = *columns;
    let charge_type = ChargeType::new(charge_type_text.unwrap_or_default());
    let usage = classify(&UsageLine {
        usage_type: usage_type.unwrap_or_default(),
        region_code,
        product_name,
        product_model,
        product_provider,
        product_inference_type,
        product_feature,
        pricing_unit,
        description_unit,
        resource_id,
    });
    let counts_tokens = charge_type.counts_quantity();
    // A credit or a tax without a usage type says nothing that a grammar could fail to know.
    let unclassified = usage.status == Status::Unclassified && (usage_type.is_some() || counts_tokens);
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let tokens_per_unit = usage.tokens_per_unit.filter(|_| counts_tokens);
    let token_class = usage.token_class.filter(|_| tokens_per_unit.is_some()).map(|class| class.as_str().to_owned());
    let charge = Charge {
        usage_type: owned(usage_type),
        operation: owned(operation),
        product_code: owned(product_code),
        product: owned(product_name.or(product_code)),
        charge_type: owned(charge_type_text),
        billing_entity: owned(billing_entity),
        legal_entity: owned(legal_entity),
        invoice: owned(invoice),
        region: usage.region,
        provider: usage.provider,
        model: usage.model,
        model_as_billed: usage.model_as_billed,
        token_kind: usage.token_kind,
        cache: usage.cache,
        tier: usage.tier,
        routing: usage.routing,
        unit: usage.unit,
        token_class,
        agentcore: is_agent_core(billing_entity.unwrap_or_default(), product_code.unwrap_or_default()),
        unclassified,
    };
    (charge, tokens_per_unit)
}
