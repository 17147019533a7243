//! How a value becomes the text that Athena takes for a `?`: the one place where a quote is put around anything.
//!
//! An execution parameter is text that Athena reads as an expression; a value that is not quoted would be code. Every value
//! has passed [`crate::ParameterMeaning`]'s check before it comes here.
//! <https://docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements.html>

/// The longest execution parameter
/// (<https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html>).
const LONGEST: usize = 1024;

/// A text as a literal of Trino: in single quotes, with those within doubled. Nothing else has a meaning within them.
///
/// # Errors
/// The number of characters, when they are more than Athena takes.
pub(super) fn text(value: &str) -> Result<String, usize> {
    let literal = format!("'{}'", value.replace('\'', "''"));
    match literal.chars().count() {
        length if length > LONGEST => Err(length),
        _ => Ok(literal),
    }
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::dialect::{AnsiDialect, Dialect, GenericDialect, HiveDialect};
    use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};
    use proptest::prelude::*;

    use super::*;

    /// What a parser makes of it.
    fn read(dialect: &dyn Dialect, text: &str) -> Vec<Token> {
        Tokenizer::new(dialect, text).with_unescape(true).tokenize().expect("tokens")
    }

    fn is_one_literal(value: &str) {
        let literal = text(value).expect("short enough");
        for dialect in [&AnsiDialect {} as &dyn Dialect, &GenericDialect {}, &crate::trino::TrinoDialect] {
            assert_eq!(read(dialect, &literal), [Token::SingleQuotedString(value.to_owned())], "{literal}");
        }
        // Where it stands changes nothing.
        let around = read(&AnsiDialect {}, &format!("a = {literal} and b"));
        assert_eq!(around.len(), 9, "{literal}");
        assert_eq!(around[4], Token::SingleQuotedString(value.to_owned()));
    }

    #[test]
    fn what_attackers_write_is_one_literal() {
        for value in [
            "",
            "'",
            "''",
            "\\'",
            "' or 1 = 1 --",
            "'; drop table cur2; --",
            "/* ' */ -- ' \u{2019} \u{ff07}",
            "') union all select * from x --",
            "U&'\\0027'",
            "$$ ' $$ ${x} ? :y",
            "\u{202e}'\u{200b}\u{1F600}",
        ] {
            is_one_literal(value);
        }
    }

    #[test]
    fn backslashes_mean_nothing_to_trino() {
        assert_eq!(text(r"\'"), Ok(r"'\'''".to_owned()));
        // They would to Hive, in whose grammar Athena reads statements that define tables, and those take no parameters.
        assert!(Tokenizer::new(&HiveDialect {}, &text(r"a\").expect("short")).tokenize().is_ok());
    }

    #[test]
    fn what_is_too_long_is_told_with_its_quotes() {
        assert!(text(&"é".repeat(1022)).is_ok());
        assert_eq!(text(&"é".repeat(1023)), Err(1025));
        assert_eq!(text(&"'".repeat(512)), Err(1026));
    }

    proptest! {
        #[test]
        fn any_text_is_one_literal(value in any::<String>().prop_filter("short", |text| text.chars().count() <= 500)) {
            is_one_literal(&value);
        }

        #[test]
        fn any_text_of_quotes_and_the_like_is_one_literal(value in "['\\\\\"`;/*\\-$?{}()a ]{0,200}") {
            is_one_literal(&value);
        }
    }
}
