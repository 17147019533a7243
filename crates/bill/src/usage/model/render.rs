//! The name of a model of a known family, written the way its maker writes it.

use super::makers::{Family, Maker, Style};
use super::words::{Word, spell};

/// Words that tell no two models of Bedrock apart: it serves the instruction-tuned ones.
const NOISE: [&str; 4] = ["instruct", "it", "pt", "dense"];

/// The name of a model, from its words without the maker; `None` where it belongs to no family of the maker.
pub(super) fn name(maker: &Maker, words: &[Word]) -> Option<String> {
    let Some((Word::Name(letters), rest)) = words.split_first() else { return None };
    let (family, own) = maker.families.iter().find_map(|family| Some((family, letters.after(family.stem)?)))?;
    let parts = Parts::sort(own.text(), rest);
    Some(match family.style {
        Style::Claude => claude(family, &parts),
        Style::Nova => nova(family, &parts),
        Style::Lower => lower(family, &parts),
        Style::VersionLast => joined(&[family.display, &parts.names(), &parts.sizes(), &parts.version()]),
        Style::NameFirst => joined(&[
            family.display,
            &parts.names(),
            &parts.short_version(),
            &parts.sizes(),
            &parts.stamps.join(" "),
            &parts.revision(),
        ]),
        Style::Spaced => spaced(family, " ", &parts),
        Style::Close => spaced(family, "", &parts),
        Style::Hyphen => spaced(family, "-", &parts),
    })
}

/// The words of a name by what they are.
#[derive(Debug, Default)]
struct Parts {
    names: Vec<String>,
    numbers: Vec<String>,
    sizes: Vec<String>,
    /// `2407`, `2507`: a release by year and month.
    stamps: Vec<String>,
    /// `k2.5`, `r1`: a version with a letter.
    marks: Vec<String>,
    /// `v2`: the second version of what has the same name otherwise; the first is not said.
    revision: Option<String>,
}

impl Parts {
    fn sort(letters: &str, rest: &[Word]) -> Self {
        let mut parts = Self::default();
        parts.add_names(letters);
        for word in rest {
            match word {
                Word::Name(letters) => parts.add_names(letters.text()),
                Word::Number(digits) if digits.len() == 4 => parts.stamps.push(digits.clone()),
                Word::Number(digits) => parts.numbers.push(digits.clone()),
                // Experts of a mixture (`128E`) are told by the model's name already.
                Word::Size(size) if size.ends_with('e') => {}
                Word::Size(size) => parts.sizes.push(size.to_uppercase().replace('X', "x")),
                Word::Mark(mark) if mark.starts_with('v') => parts.revision = Some(mark.clone()),
                Word::Mark(mark) => parts.marks.push(mark.to_uppercase()),
            }
        }
        parts.join_stamp();
        parts
    }

    fn add_names(&mut self, letters: &str) {
        let words = spell(letters).into_iter().filter(|word| !word.is_empty() && !NOISE.contains(word));
        self.names.extend(words.map(str::to_owned));
    }

    /// `(24.07)` is the stamp 2407.
    fn join_stamp(&mut self) {
        if let [year, month] = self.numbers.as_slice()
            && year.len() == 2
            && month.len() == 2
        {
            self.stamps.push(format!("{year}{month}"));
            self.numbers.clear();
        }
    }

    fn names(&self) -> String {
        let capital = |word: &String| match word.as_str() {
            "vl" => "VL".to_owned(),
            other => other[..1].to_uppercase() + &other[1..],
        };
        self.names.iter().map(capital).collect::<Vec<_>>().join(" ")
    }

    fn sizes(&self) -> String {
        self.sizes.join(" ")
    }

    fn version(&self) -> String {
        self.numbers.join(".")
    }

    /// The version without `.0` at its end: `Nova 2.0 Lite` is `Nova 2 Lite`.
    fn short_version(&self) -> String {
        let version = self.version();
        version.strip_suffix(".0").map(str::to_owned).unwrap_or(version)
    }

    /// ` v2`; the first revision is what the plain name means.
    fn revision(&self) -> String {
        let first = |mark: &&String| ["v0", "v1"].contains(&mark.split('.').next().unwrap_or_default());
        self.revision.as_ref().filter(|mark| !first(mark)).cloned().unwrap_or_default()
    }

    fn major(&self) -> u32 {
        self.numbers.first().and_then(|digits| digits.parse().ok()).unwrap_or(0)
    }
}

fn claude(family: &Family, parts: &Parts) -> String {
    let names = parts.names();
    match parts.major() {
        0..=2 if names == "Instant" => joined(&[family.display, &names]),
        0..=2 => joined(&[family.display, &parts.version(), &names]),
        3 => joined(&[family.display, &parts.short_version(), &names, &parts.revision()]),
        _ => {
            let (name, more) = names.split_once(' ').unwrap_or((&names, ""));
            joined(&[family.display, name, &parts.short_version(), more, &parts.revision()])
        }
    }
}

fn nova(family: &Family, parts: &Parts) -> String {
    let (version, names) = (parts.short_version(), parts.names());
    match parts.major() {
        0 => joined(&[family.display, &names]),
        1 if version == "1" => joined(&[family.display, &names]),
        1 => joined(&[family.display, &names, &version]),
        _ => joined(&[family.display, &version, &names]),
    }
}

fn lower(family: &Family, parts: &Parts) -> String {
    let words = [parts.names.clone(), parts.sizes.iter().map(|size| size.to_lowercase()).collect()].concat();
    [family.display.to_owned(), words.join("-")].join("-").trim_end_matches('-').to_owned()
}

/// Display, version, names, sizes, stamp, revision; `gap` stands before the version.
fn spaced(family: &Family, gap: &str, parts: &Parts) -> String {
    // DeepSeek numbers its models by what elsewhere is a revision: V3.2.
    let v_is_version = family.stem == "deepseek";
    let mut version = parts.short_version();
    if version.is_empty() {
        version = parts.marks.join(" ");
    }
    if version.is_empty() && v_is_version {
        version = parts.revision.clone().unwrap_or_default().to_uppercase();
    }
    let revision = if v_is_version { String::new() } else { parts.revision() };
    let start =
        if version.is_empty() { family.display.to_owned() } else { format!("{}{gap}{version}", family.display) };
    joined(&[&start, &parts.names(), &parts.sizes(), &parts.stamps.join(" "), &revision])
}

fn joined(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}
