//! Secure by default: whoever cannot be known must be on this machine.

use anyhow::bail;

use crate::config::ServerConfig;

/// Refuses an address that other machines can reach while callers are not known, unless that is what was asked for.
/// Gives what is to be shouted at start.
///
/// # Errors
/// With one sentence naming the keys of the configuration.
pub(crate) fn check(config: &ServerConfig, access_configured: bool) -> anyhow::Result<Option<String>> {
    let listen = config.listen;
    let only_this_machine = listen.ip().to_canonical().is_loopback();
    if access_configured {
        let in_the_open = !only_this_machine && config.tls.is_none() && config.trusted_proxies.is_empty();
        return Ok(in_the_open.then(|| {
            format!(
                "TOKENS AND COSTS TRAVEL TO {listen} IN CLEAR TEXT: set `[server.tls]`, or serve behind a proxy that \
                 does TLS and name it in `[server] trusted_proxies`"
            )
        }));
    }
    if !only_this_machine && !config.allow_unauthenticated {
        bail!(
            "`[server] listen` is {listen}, which other machines can reach, and callers are not known: configure \
             `[access]`, or listen on 127.0.0.1, or set `[server] allow_unauthenticated = true` to show every team's \
             cost to anyone"
        );
    }
    if !only_this_machine {
        return Ok(Some(format!("ANYONE WHO CAN REACH {listen} SEES EVERY TEAM'S COST: allow_unauthenticated is set")));
    }
    // A proxy on this machine makes others callers of ours.
    Ok((!config.trusted_proxies.is_empty()).then(|| {
        "ANYONE WHO CAN REACH ONE OF THE `trusted_proxies` SEES EVERY TEAM'S COST: `[access]` is not configured"
            .to_owned()
    }))
}

#[cfg(test)]
mod tests {
    use figment::Figment;
    use figment::providers::{Format, Toml};

    use super::*;

    fn config(text: &str) -> ServerConfig {
        Figment::from(Toml::string(text)).extract().unwrap()
    }

    fn said(text: &str, access_configured: bool) -> String {
        match check(&config(text), access_configured) {
            Ok(warning) => warning.unwrap_or_else(|| "nothing".to_owned()),
            Err(error) => format!("refused: {error}"),
        }
    }

    #[test]
    fn this_machine_may_always_ask() {
        for listen in ["127.0.0.1:80", "127.1.2.3:80", "[::1]:80", "[::ffff:127.0.0.1]:80"] {
            for access_configured in [false, true] {
                assert_eq!(said(&format!("listen = \"{listen}\""), access_configured), "nothing");
            }
        }
    }

    #[test]
    fn strangers_are_refused_unless_they_are_known_or_asked_for() {
        for listen in ["0.0.0.0:80", "[::]:80", "10.0.0.1:80", "[::ffff:10.0.0.1]:80"] {
            let listen = format!("listen = \"{listen}\"\n");
            let refusal = said(&listen, false);
            assert!(
                refusal.starts_with("refused: `[server] listen` is ") && refusal.contains("`[access]`"),
                "{refusal}"
            );
            let asked_for = format!("{listen}allow_unauthenticated = true");
            assert!(said(&asked_for, false).starts_with("ANYONE WHO CAN REACH "));
            assert!(said(&listen, true).contains("IN CLEAR TEXT"));
        }
    }

    #[test]
    fn tls_and_a_proxy_keep_tokens_from_travelling_in_clear_text() {
        let listen = "listen = \"0.0.0.0:80\"\n";
        assert_eq!(said(&format!("{listen}tls = {{ certificate = \"c.pem\", key = \"k.pem\" }}"), true), "nothing");
        assert_eq!(said(&format!("{listen}trusted_proxies = [\"10.0.0.0/8\"]"), true), "nothing");
    }

    #[test]
    fn a_proxy_on_this_machine_opens_it_to_others() {
        assert!(said("trusted_proxies = [\"127.0.0.1/32\"]", false).starts_with("ANYONE WHO CAN REACH ONE OF"));
        assert_eq!(said("trusted_proxies = [\"127.0.0.1/32\"]", true), "nothing");
    }
}
