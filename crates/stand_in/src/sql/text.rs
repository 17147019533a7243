//! A statement as tokens, each with its place in the text.

use std::ops::Range;

use datafusion::sql::sqlparser::dialect::Dialect;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, Tokenizer};
use engine::trino::TrinoDialect;

/// The tokens of a text without blanks and comments.
pub(crate) struct Text<'source> {
    source: &'source str,
    tokens: Vec<(Token, Range<usize>)>,
}

impl<'source> Text<'source> {
    /// Reads a text in the dialect of queries.
    pub(crate) fn new(source: &'source str) -> Result<Self, String> {
        Self::in_dialect(&TrinoDialect, source)
    }

    /// Reads a text in any dialect.
    pub(crate) fn in_dialect(dialect: &dyn Dialect, source: &'source str) -> Result<Self, String> {
        let places = Places::new(source);
        let tokens = Tokenizer::new(dialect, source).tokenize_with_location().map_err(|error| error.to_string())?;
        let said = tokens.into_iter().filter(|token| !matches!(token.token, Token::Whitespace(_) | Token::EOF));
        let tokens = said.map(|token| (token.token, places.at(token.span.start)..places.at(token.span.end)));
        Ok(Self { source, tokens: tokens.collect() })
    }

    /// The words that it begins with, in lower case: enough to tell statements apart.
    pub(crate) fn leading_words(&self) -> Vec<String> {
        let word = |token: &Token| match token {
            Token::Word(word) if word.quote_style.is_none() => Some(word.value.to_lowercase()),
            _ => None,
        };
        self.tokens.iter().map_while(|(token, _)| word(token)).take(4).collect()
    }

    /// Whether a name stands in it.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.tokens.iter().any(|(token, _)| matches!(token, Token::Word(word) if word.value.eq_ignore_ascii_case(name)))
    }

    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader { text: self, at: 0 }
    }
}

/// Reads a text token by token.
#[derive(Clone)]
pub(crate) struct Reader<'text> {
    text: &'text Text<'text>,
    at: usize,
}

impl<'text> Reader<'text> {
    pub(crate) fn peek(&self) -> Option<&'text Token> {
        self.text.tokens.get(self.at).map(|(token, _)| token)
    }

    pub(crate) fn next(&mut self) -> Option<&'text Token> {
        let token = self.peek();
        self.at += 1;
        token
    }

    /// Goes on if this token is next.
    pub(crate) fn take(&mut self, token: &Token) -> bool {
        let is_next = self.peek() == Some(token);
        self.at += usize::from(is_next);
        is_next
    }

    /// Goes on if these words are next.
    pub(crate) fn take_words(&mut self, words: &[&str]) -> bool {
        let mut ahead = self.clone();
        let all = words.iter().all(|word| {
            matches!(ahead.next(), Some(Token::Word(found)) if found.quote_style.is_none() && found.value.eq_ignore_ascii_case(word))
        });
        if all {
            self.at = ahead.at;
        }
        all
    }

    pub(crate) fn expect(&mut self, token: &Token) -> Result<(), String> {
        if self.take(token) { Ok(()) } else { Err(self.mismatch(&token.to_string())) }
    }

    pub(crate) fn expect_words(&mut self, words: &[&str]) -> Result<(), String> {
        if self.take_words(words) { Ok(()) } else { Err(self.mismatch(&words.join(" ").to_uppercase())) }
    }

    /// A name, in lower case.
    pub(crate) fn name(&mut self) -> Result<String, String> {
        match self.peek() {
            Some(Token::Word(word)) => {
                self.at += 1;
                Ok(word.value.to_lowercase())
            }
            _ => Err(self.mismatch("a name")),
        }
    }

    /// A text in quotes. Hive has them single or double.
    pub(crate) fn text(&mut self) -> Result<String, String> {
        let found = match self.peek() {
            Some(Token::SingleQuotedString(text) | Token::DoubleQuotedString(text)) => text.clone(),
            Some(Token::Word(word)) if word.quote_style == Some('"') => word.value.clone(),
            _ => return Err(self.mismatch("a text in quotes")),
        };
        self.at += 1;
        Ok(found)
    }

    /// What stands between a bracket and the one that closes it, as it was written.
    pub(crate) fn in_brackets(&mut self) -> Result<&'text str, String> {
        let start = self.place();
        self.expect(&Token::LParen)?;
        let mut depth = 1;
        while depth > 0 {
            match self.next() {
                Some(Token::LParen) => depth += 1,
                Some(Token::RParen) => depth -= 1,
                Some(_) => {}
                None => return Err(self.mismatch(")")),
            }
        }
        let (_, last) = &self.text.tokens[self.at - 1];
        Ok(&self.text.source[start + 1..last.start])
    }

    /// Everything that is left, as it was written.
    pub(crate) fn rest(&self) -> &'text str {
        &self.text.source[self.place()..]
    }

    /// Nothing may follow but a semicolon.
    pub(crate) fn expect_end(&mut self) -> Result<(), String> {
        self.take(&Token::SemiColon);
        if self.peek().is_none() { Ok(()) } else { Err(self.mismatch("the end")) }
    }

    /// Athena's words for a token that was not expected.
    pub(crate) fn mismatch(&self, expected: &str) -> String {
        let before = &self.text.source[..self.place()];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let found = self.peek().map_or_else(|| "<EOF>".to_owned(), ToString::to_string);
        format!("line {line}:{column}: mismatched input '{found}'. Expecting: {expected}")
    }

    fn place(&self) -> usize {
        self.text.tokens.get(self.at).map_or(self.text.source.len(), |(_, range)| range.start)
    }
}

/// Where each line and column is in a text.
struct Places {
    /// The place of every character, and of the end.
    characters: Vec<usize>,
    /// Which character each line begins with.
    lines: Vec<usize>,
}

impl Places {
    fn new(source: &str) -> Self {
        let mut lines = vec![0];
        let mut characters = Vec::with_capacity(source.len() + 1);
        for (number, (place, character)) in source.char_indices().enumerate() {
            characters.push(place);
            if character == '\n' {
                lines.push(number + 1);
            }
        }
        characters.push(source.len());
        Self { characters, lines }
    }

    fn at(&self, location: Location) -> usize {
        let line = usize::try_from(location.line).unwrap_or(1).saturating_sub(1);
        let column = usize::try_from(location.column).unwrap_or(1).saturating_sub(1);
        let end = self.characters.len() - 1;
        let character = self.lines.get(line).map_or(end, |first| (first + column).min(end));
        self.characters[character]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_brackets_comes_out_as_it_went_in() {
        let source = "-- é (\nUNLOAD (select ')' as \"a)\", f('it''s') -- )\n) to 's3://b/c/'";
        let text = Text::new(source).unwrap();
        assert_eq!(text.leading_words(), ["unload"]);
        let mut reader = text.reader();
        reader.expect_words(&["unload"]).unwrap();
        assert_eq!(reader.in_brackets().unwrap(), "select ')' as \"a)\", f('it''s') -- )\n");
        reader.expect_words(&["TO"]).unwrap();
        assert_eq!(reader.text().unwrap(), "s3://b/c/");
        reader.expect_end().unwrap();
    }
}
