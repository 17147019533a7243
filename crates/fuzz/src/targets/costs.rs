//! The question of `/v1/costs`: what is understood is written back so that it is understood as itself.

use server::fuzzing::{CostsRead, read_costs};

use super::text;

pub(super) fn check(bytes: &[u8]) {
    let query = text(bytes);
    let read = read_costs(&query);
    assert_eq!(read_costs(&query), read);
    match read {
        CostsRead::Question { question, echo } => {
            assert!(!echo.contains(|character: char| !character.is_ascii_graphic()), "{echo}");
            assert_eq!(read_costs(&echo), CostsRead::Question { question, echo: echo.clone() });
        }
        CostsRead::Faults(faults) => {
            assert!(!faults.is_empty(), "a question is refused and nothing is wrong with it");
            for fault in faults {
                let json = fault.to_string();
                // What was asked may be long. What is said about it is not, whatever a list of all that is known takes.
                assert!(json.chars().count() < 4_000, "{json}");
            }
        }
    }
}
