//! One registry's entry in a file of credentials.

use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::Engine as _;
use serde_json::Value;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The name under which a helper gives an identity token.
const TOKEN_NAME: &str = "<token>";

/// Who pushes.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// A name and a password.
    Password(String, String),
    /// A token that the registry's token service exchanges for others.
    Identity(String),
    /// A token that the registry itself takes.
    Registry(String),
}

impl Credentials {
    /// A name and what goes with it: a password or, by the name of `<token>`, an identity token.
    pub fn new(name: &str, secret: &str) -> Self {
        match name {
            TOKEN_NAME => Self::Identity(secret.into()),
            _ => Self::Password(name.into(), secret.into()),
        }
    }

    /// Reads an entry of `auths`; none if it says nothing, as what `docker logout` or a helper leaves.
    pub fn parse(entry: &Value) -> Result<Option<Self>, &'static str> {
        let get = |key: &str| entry[key].as_str().filter(|text| !text.is_empty());
        if let Some(token) = get("registrytoken") {
            return Ok(Some(Self::Registry(token.into())));
        }
        if let Some(token) = get("identitytoken") {
            return Ok(Some(Self::Identity(token.into())));
        }
        if let Some(auth) = get("auth") {
            return decode(auth).map(Some);
        }
        let pair = get("username").zip(get("password"));
        Ok(pair.map(|(name, password)| Self::new(name, password)))
    }
}

fn decode(auth: &str) -> Result<Credentials, &'static str> {
    let auth: String = auth.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let bytes = BASE64.decode(auth).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let pair = text.as_deref().and_then(|text| text.split_once(':'));
    let (name, password) = pair.ok_or("`auth` is not the base64 of name:password")?;
    // Some versions of docker padded the password.
    Ok(Credentials::new(name, password.trim_end_matches('\0')))
}
