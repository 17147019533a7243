//! What one source says about a line, before the sources are put together.

use super::kind::Kind;
use super::modifiers::Modifiers;

/// What a usage type says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// The model as spelled.
    pub model: Option<String>,
    /// Whether the model's spelling is one from which its maker is told.
    pub tells_provider: bool,
    /// What is counted.
    pub kind: Kind,
    /// The tier of a family that has its own, such as `provisioned_1MonthCommit`.
    pub family_tier: Option<String>,
    /// The words appended.
    pub modifiers: Modifiers,
    /// Whether this is a meter of Bedrock AgentCore.
    pub agentcore: bool,
}

impl Reading {
    /// A line of a kind, without a model.
    pub(super) fn of(kind: Kind) -> Self {
        Self {
            model: None,
            tells_provider: true,
            kind,
            family_tier: None,
            modifiers: Modifiers::default(),
            agentcore: false,
        }
    }

    /// With the model that the string names.
    pub(super) fn with_model(mut self, model: Option<&str>) -> Self {
        self.model = model.filter(|model| !model.is_empty()).map(str::to_owned);
        self
    }

    /// With the tier of a family that has its own.
    pub(super) fn with_tier(mut self, tier: impl Into<String>) -> Self {
        self.family_tier = Some(tier.into());
        self
    }

    /// With the words appended.
    pub(super) fn with_modifiers(mut self, modifiers: Modifiers) -> Self {
        self.modifiers = modifiers;
        self
    }

    /// The cache column: the kind's own, made precise by a time to live that was said elsewhere.
    pub(super) fn cache(&self) -> Option<String> {
        match (self.kind.cache.as_deref(), self.modifiers.time_to_live) {
            (Some("write"), Some(ttl)) => Some(format!("write_{ttl}")),
            (cache, _) => cache.map(str::to_owned),
        }
    }

    /// The tier column: `batch`, `standard+long_context`, `provisioned_NoCommit`…
    pub(super) fn tier(&self) -> Option<String> {
        let stated = self.modifiers.tier.map(str::to_owned);
        let standard = || (self.kind.is_inference || self.modifiers.custom_model).then(|| "standard".to_owned());
        let mut tier = self.family_tier.clone().or(stated).or_else(standard)?;
        if self.modifiers.long_context {
            tier.push_str("+long_context");
        }
        if self.modifiers.custom_model {
            tier.push_str("+custom_model");
        }
        Some(tier)
    }

    /// The routing column: `global`, `mantle/in-region-or-geo`…
    pub(super) fn routing(&self) -> Option<String> {
        let reach = match &self.modifiers {
            modifiers if modifiers.global => "global",
            modifiers if modifiers.geo && self.kind.is_reserved() => "geo",
            // Profiles of a geography are billed like the region that called, so the two are one routing.
            _ if self.kind.is_inference => "in-region-or-geo",
            _ => return None,
        };
        let endpoint = if self.modifiers.mantle { "mantle/" } else { "" };
        Some(format!("{endpoint}{reach}"))
    }
}
