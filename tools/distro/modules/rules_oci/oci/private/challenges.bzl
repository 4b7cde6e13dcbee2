"""What registries ask for before they hand out an image.

Bazel's downloader doesn't show the header in which a registry says so, so it has to be known beforehand.
"""

_KNOWN = {
    "cgr.dev": 'Bearer realm="https://cgr.dev/token",service="cgr.dev"',
    "docker.io": 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"',
    "gcr.io": 'Bearer realm="https://gcr.io/v2/token",service="gcr.io"',
    "ghcr.io": 'Bearer realm="https://ghcr.io/token",service="ghcr.io"',
    "public.ecr.aws": 'Bearer realm="https://public.ecr.aws/token/",service="public.ecr.aws"',
    "quay.io": 'Bearer realm="https://quay.io/v2/auth",service="quay.io"',
    "registry.gitlab.com": 'Bearer realm="https://gitlab.com/jwt/auth",service="container_registry"',
}

# Registries of many hosts, whose token service is on the host itself.
_KNOWN_ENDS = {
    ".azurecr.io": 'Bearer realm="https://{host}/oauth2/token",service="{host}"',
    ".gcr.io": 'Bearer realm="https://{host}/v2/token",service="{host}"',
    ".pkg.dev": 'Bearer realm="https://{host}/v2/token",service="{host}"',
}

def find_challenge(host, given):
    """Says how a registry wants requests to be authorized.

    Args:
        host: String, the registry.
        given: Dict of strings, the attribute `www_authenticate_challenges`.

    Returns:
        Dict: `scheme`, in small letters, and the challenge's parameters. Basic if nothing is known.
    """
    text = given.get(host) or _KNOWN.get(host)
    for end, known in _KNOWN_ENDS.items():
        if not text and host.endswith(end):
            text = known.format(host = host)
    scheme, _, rest = (text or "Basic").strip().partition(" ")
    challenge = {"scheme": scheme.lower()}
    for part in rest.split('",'):
        key, equals, value = part.partition("=")
        if equals:
            challenge[key.strip().lower()] = value.strip().strip('"')
    if challenge["scheme"] not in ["basic", "bearer"] or (challenge["scheme"] == "bearer" and "realm" not in challenge):
        fail("`www_authenticate_challenges` has %r for %s; write it as in Bearer realm=\"https://auth.example.com/token\",service=\"example\"" % (
            text,
            host,
        ))
    return challenge
