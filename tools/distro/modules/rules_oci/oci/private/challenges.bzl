"""What registries ask for before they hand out an image.

Bazel's downloader doesn't show the header in which a registry says so, so it has to be known beforehand.
"""

# By host, or by what a host ends with.
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

def find_challenge(host, path, given):
    """Says how a registry wants requests to be authorized.

    Args:
        host: String, the registry.
        path: String, the repository there.
        given: Dict of strings, the attribute `www_authenticate_challenges`. A key may be the end of a host.

    Returns:
        Dict: `scheme`, in small letters, and the challenge's parameters. Basic if nothing is known.
    """
    challenges = {end: _parse(end, text) for end, text in (_KNOWN | given).items()}
    registry = "index.docker.io" if host == "docker.io" else host
    for end, challenge in challenges.items():
        if registry.endswith(end):
            return _filled(challenge, registry, path)
    return {"scheme": "basic"}

def _filled(challenge, registry, path):
    realm = challenge["realm"].format(registry = registry)
    return {
        "realm": realm if "://" in realm else "https://" + realm,
        "scheme": challenge["scheme"],
        "scope": challenge.get("scope", "repository:{repository}:pull").format(repository = path),
        "service": challenge["service"].format(registry = registry),
    }

def _parse(host, text):
    """Takes a challenge apart, as strictly as rules_oci does: it has a realm and a service, and no spaces after commas."""
    scheme, _, rest = text.strip().partition(" ")
    challenge, key, has_spaces = {"scheme": scheme.lower()}, "", False
    for number, part in enumerate(rest.strip().split('"')):
        # Between quotes.
        if number % 2 == 1:
            challenge[key] = part
            continue
        has_spaces = has_spaces or " " in part
        for item in part.split(","):
            key, _, value = item.partition("=")
            if value:
                challenge[key] = value
    if challenge["scheme"] != "bearer" or "realm" not in challenge or "service" not in challenge or has_spaces:
        fail("`www_authenticate_challenges` has %r for %s; write it as in Bearer realm=\"https://auth.example.com/token\",service=\"example\"" % (
            text,
            host,
        ))
    return challenge
