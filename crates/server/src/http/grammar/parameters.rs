//! A query string taken apart: which parameters were given, decoded, and none that is unknown.

use percent_encoding::percent_decode;

use super::echo::Echo;
use super::fault::{Fault, Faults, shown};
use super::nearest::nearest;
use crate::http::problem::ProblemKind;

/// The parameters that a route knows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Accepted {
    /// May be given once.
    pub(crate) single: &'static [&'static str],
    /// Lists: giving them again adds to them.
    pub(crate) list: &'static [&'static str],
    /// Written with a dimension in brackets: `filter[team]`.
    pub(crate) bracketed: &'static [&'static str],
}

impl Accepted {
    fn names(&self) -> Vec<&'static str> {
        [self.list, self.single, self.bracketed].concat()
    }

    fn shapes(&self) -> Vec<String> {
        let plain = [self.list, self.single].concat().into_iter().map(str::to_owned);
        plain.chain(self.bracketed.iter().map(|name| format!("{name}[<dimension>]"))).collect()
    }
}

/// The parameters of one request.
#[derive(Debug, Default)]
pub(crate) struct Parameters(Vec<Parameter>);

#[derive(Debug)]
struct Parameter {
    name: String,
    bracket: Option<String>,
    value: String,
}

impl Parameters {
    /// Takes a query string apart; what is unknown, repeated or unreadable goes to the faults.
    pub(crate) fn read(query: Option<&str>, accepted: &Accepted, faults: &mut Faults) -> Self {
        let mut parameters = Self::default();
        for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let read = decode_pair(pair).and_then(|parameter| parameters.check(parameter, accepted));
            if let Some(parameter) = faults.keep(read) {
                parameters.0.push(parameter);
            }
        }
        parameters
    }

    /// Adds a parameter, where it has a value.
    pub(super) fn extend(&mut self, name: &str, bracket: Option<String>, value: Option<String>) {
        self.0.extend(value.map(|value| Parameter { name: name.to_owned(), bracket, value }));
    }

    /// The parameters as they were given.
    pub(super) fn echo(&self) -> Echo {
        let mut echo = Echo::default();
        self.0.iter().for_each(|parameter| echo.push(parameter.full_name(), parameter.value.as_str()));
        echo
    }

    /// The value of a parameter that may be given once.
    pub(crate) fn single(&self, name: &str) -> Option<&str> {
        let named = self.0.iter().find(|parameter| parameter.name == name && parameter.bracket.is_none());
        named.map(|parameter| parameter.value.as_str())
    }

    /// All values of a parameter without brackets.
    pub(crate) fn list<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(move |parameter| parameter.name == name && parameter.bracket.is_none());
        named.map(|parameter| parameter.value.as_str())
    }

    /// What stands in the brackets, and the value, of each parameter with brackets.
    pub(crate) fn bracketed<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let named = self.0.iter().filter(move |parameter| parameter.name == name);
        named.filter_map(|parameter| Some((parameter.bracket.as_deref()?, parameter.value.as_str())))
    }

    fn check(&self, parameter: Parameter, accepted: &Accepted) -> Result<Parameter, Fault> {
        let name = parameter.name.as_str();
        match parameter.bracket {
            Some(_) if accepted.bracketed.contains(&name) => Ok(parameter),
            Some(_) => Err(unknown(&parameter, accepted)),
            None if accepted.list.contains(&name) => Ok(parameter),
            None if accepted.single.contains(&name) && self.single(name).is_none() => Ok(parameter),
            None if accepted.single.contains(&name) => Err(repeated(name)),
            None => Err(unknown(&parameter, accepted)),
        }
    }
}

impl Parameter {
    fn full_name(&self) -> String {
        match &self.bracket {
            Some(bracket) => format!("{}[{bracket}]", self.name),
            None => self.name.clone(),
        }
    }
}

fn unknown(parameter: &Parameter, accepted: &Accepted) -> Fault {
    let (name, given) = (parameter.name.as_str(), parameter.full_name());
    let (known, near) = (accepted.shapes(), nearest(name, accepted.names()));
    let detail = match (accepted.bracketed.contains(&name), &near, known.is_empty()) {
        (true, ..) => format!("`{name}` needs a dimension: write {name}[<dimension>]=<value>"),
        (false, Some(_), _) => format!("there is no parameter `{}` here", shown(&given)),
        (false, None, true) => format!("there is no parameter `{}` here, nor any other", shown(&given)),
        (false, None, false) => {
            let verb = if known.len() == 1 { "is" } else { "are" };
            format!("there is no parameter `{}` here; there {verb} {}", shown(&given), known.join(", "))
        }
    };
    let mut fault = Fault::new(ProblemKind::UnknownParameter, &given, detail).allowing(&known);
    fault.did_you_mean = near.map(|name| {
        let bracket = parameter.bracket.as_deref().unwrap_or("<dimension>");
        if accepted.bracketed.contains(&name.as_str()) { format!("{name}[{bracket}]") } else { name }
    });
    fault
}

fn repeated(name: &str) -> Fault {
    Fault::new(ProblemKind::RepeatedParameter, name, format!("`{name}` was given more than once; give it once"))
}

fn decode_pair(pair: &str) -> Result<Parameter, Fault> {
    let (raw_name, raw_value) = pair.split_once('=').unwrap_or((pair, ""));
    let full_name = decode(&percent_decode(raw_name.as_bytes()).decode_utf8_lossy(), raw_name)?;
    let value = decode(&full_name, raw_value)?;
    let (name, bracket) = match full_name.strip_suffix(']').and_then(|rest| rest.split_once('[')) {
        Some((name, bracket)) => (name.to_owned(), Some(bracket.to_owned())),
        None => (full_name, None),
    };
    Ok(Parameter { name, bracket, value })
}

fn decode(parameter: &str, raw: &str) -> Result<String, Fault> {
    let spaced = raw.replace('+', " ");
    let text = percent_decode(spaced.as_bytes())
        .decode_utf8()
        .map_err(|_| Fault::invalid_value(parameter, "this is not percent-encoded UTF-8; write `é` as %C3%A9"))?;
    if text.contains('\0') {
        // PostgreSQL cannot hold the character, so no value of the bill has it.
        return Err(Fault::invalid_value(
            parameter,
            "a NUL character (%00) cannot be part of a parameter; leave it out",
        ));
    }
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCEPTED: Accepted = Accepted { single: &["cost"], list: &["group_by"], bracketed: &["filter"] };

    fn faults_of(query: &str) -> Vec<Fault> {
        let mut faults = Faults::default();
        Parameters::read(Some(query), &ACCEPTED, &mut faults);
        faults.into_vec()
    }

    #[test]
    fn names_and_values_are_decoded() {
        let mut faults = Faults::default();
        let query = "filter%5Btag%3Acost-center%5D=a+b%2Cc&&cost=list&group_by=team&group_by=model";
        let parameters = Parameters::read(Some(query), &ACCEPTED, &mut faults);
        assert_eq!(faults, Faults::default());
        assert_eq!(parameters.bracketed("filter").collect::<Vec<_>>(), [("tag:cost-center", "a b,c")]);
        assert_eq!(parameters.single("cost"), Some("list"));
        assert_eq!(parameters.list("group_by").collect::<Vec<_>>(), ["team", "model"]);
    }

    #[test]
    fn every_fault_is_found_in_one_go() {
        let faults = faults_of("cots=list&cost=list&cost=list&filter=x&group_by[team]=1&group_by=%ff&filter[team]=%00");
        let found: Vec<_> =
            faults.iter().map(|fault| (fault.kind, fault.parameter.as_str(), fault.did_you_mean.as_deref())).collect();
        assert_eq!(
            found,
            [
                (ProblemKind::UnknownParameter, "cots", Some("cost")),
                (ProblemKind::RepeatedParameter, "cost", None),
                (ProblemKind::UnknownParameter, "filter", Some("filter[<dimension>]")),
                (ProblemKind::UnknownParameter, "group_by[team]", Some("group_by")),
                (ProblemKind::InvalidValue, "group_by", None),
                (ProblemKind::InvalidValue, "filter[team]", None),
            ]
        );
    }

    #[test]
    fn a_filter_without_a_dimension_is_told_how_it_is_written() {
        assert_eq!(faults_of("filter=x")[0].detail, "`filter` needs a dimension: write filter[<dimension>]=<value>");
    }
}
