//! A registry's entry in a credentials file.

use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::Engine as _;
use serde_json::Value;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The user name that marks an identity token in the credential helpers' protocol.
const TOKEN_NAME: &str = "<token>";

/// The credentials of a registry.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// A name and a password.
    Password(String, String),
    /// An identity token, which the token service exchanges for an access token.
    Identity(String),
    /// A token that the registry accepts directly.
    Registry(String),
}

impl Credentials {
    /// Credentials of a name and a password, or of `<token>` and an identity token.
    pub fn new(name: &str, secret: &str) -> Self {
        match name {
            TOKEN_NAME => Self::Identity(secret.into()),
            _ => Self::Password(name.into(), secret.into()),
        }
    }

    /// Parses an entry of `auths`; `None` if it is empty, as after `docker logout` or with a helper.
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
    let (name, password) = pair.ok_or("invalid `auth`: expected the base64 of NAME:PASSWORD")?;
    // Some versions of docker padded the password.
    Ok(Credentials::new(name, password.trim_end_matches('\0')))
}
