"""Authentication challenges of registries.

Bazel's downloader does not expose the WWW-Authenticate header of a response, so challenges must be known in advance.
"""

# By suffix of the host.
_KNOWN = {
    "cgr.dev": 'Bearer realm="https://cgr.dev/token",service="cgr.dev"',
    "index.docker.io": 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"',
    "ghcr.io": 'Bearer realm="https://ghcr.io/token",service="ghcr.io"',
    "docker.elastic.co": 'Bearer realm="https://docker-auth.elastic.co/auth",service="token-service"',
    "nvcr.io": 'Bearer realm="https://nvcr.io/proxy_auth",service="nvcr.io"',
    "public.ecr.aws": 'Bearer realm="https://public.ecr.aws/token/",service="public.ecr.aws"',
    "quay.io": 'Bearer realm="https://quay.io/v2/auth",service="quay.io"',
    "registry.gitlab.com": 'Bearer realm="https://gitlab.com/jwt/auth",service="container_registry"',
    ".app.snowflake.com": 'Bearer realm="https://{registry}/v2/token",service="{registry}"',
    ".azurecr.io": 'Bearer realm="https://{registry}/oauth2/token",service="{registry}"',
    "gcr.io": 'Bearer realm="https://{registry}/v2/token",service="{registry}"',
    ".pkg.dev": 'Bearer realm="https://{registry}/v2/token",service="{registry}"',
}

def find_challenge(host, path, overrides):
    """Returns the authentication challenge of a registry.

    Args:
        host: String, the registry.
        path: String, the repository.
        overrides: Dict of strings, the attribute `www_authenticate_challenges`, by suffix of the host.

    Returns:
        Dict: `scheme`, in lower case, and the challenge's parameters. Unknown registries use basic authentication.
    """
    challenges = {suffix: _parse(suffix, text) for suffix, text in (_KNOWN | overrides).items()}
    registry = "index.docker.io" if host == "docker.io" else host
    for suffix, challenge in challenges.items():
        if registry.endswith(suffix):
            return _expand(challenge, registry, path)
    return {"scheme": "basic"}

def _expand(challenge, registry, path):
    realm = challenge["realm"].format(registry = registry)
    return {
        "realm": realm if "://" in realm else "https://" + realm,
        "scheme": challenge["scheme"],
        "scope": challenge.get("scope", "repository:{repository}:pull").format(repository = path),
        "service": challenge["service"].format(registry = registry),
    }

def _parse(host, text):
    """Parses a challenge, which, as in rules_oci, must have a realm and a service and no spaces after commas."""
    scheme, _, rest = text.strip().partition(" ")
    challenge, key, has_spaces = {"scheme": scheme.lower()}, "", False
    for number, part in enumerate(rest.strip().split('"')):
        # Quoted strings.
        if number % 2 == 1:
            challenge[key] = part
            continue
        has_spaces = has_spaces or " " in part
        for item in part.split(","):
            key, _, value = item.partition("=")
            if value:
                challenge[key] = value
    if challenge["scheme"] != "bearer" or "realm" not in challenge or "service" not in challenge or has_spaces:
        fail("invalid attribute 'www_authenticate_challenges': %r for %s: expected a challenge such as Bearer realm=\"https://auth.example.com/token\",service=\"example\"" % (
            text,
            host,
        ))
    return challenge
