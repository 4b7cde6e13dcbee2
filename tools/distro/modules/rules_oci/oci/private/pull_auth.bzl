"""Credentials for registries, from the files of docker and podman, and tokens."""

load(":challenges.bzl", "find_challenge")

def authorize(rctx, host, path):
    """Makes what authorizes downloads from a repository.

    Args:
        rctx: The repository's context, with the attributes `config` and `www_authenticate_challenges`.
        host: String, the registry.
        path: String, the repository there.

    Returns:
        Dict for `rctx.download(auth = {url: ...})`; empty if the registry is asked without.
    """
    credentials = _find(rctx, host, path)
    challenge = find_challenge(host, path, rctx.attr.www_authenticate_challenges)
    if challenge["scheme"] == "basic":
        return credentials
    url = "%s%sscope=%s" % (
        challenge["realm"],
        "&" if "?" in challenge["realm"] else "?",
        _encode(challenge["scope"]),
    )
    url += "&service=" + _encode(challenge["service"])
    result = rctx.download(url, output = "token.json", auth = {url: credentials} if credentials else {}, allow_fail = True)
    answer = json.decode(rctx.read("token.json"), default = None) if result.success else None

    # What a token allows is nobody's who can read the output base.
    rctx.delete("token.json")
    token = answer and (answer.get("token") or answer.get("access_token"))
    if not token:
        _fail(rctx, "%s gives no token for %s/%s: %s" % (challenge["realm"], host, path, describe_credentials(rctx, host)))
    return {"type": "pattern", "pattern": "Bearer <password>", "password": token}

def describe_credentials(rctx, host):
    """Says where credentials are looked for.

    Args:
        rctx: The repository's context.
        host: String, the registry.

    Returns:
        String, with what to do.
    """
    return "credentials were looked for in %s; log in:\n    docker login %s" % (
        ", ".join([str(file) for file in _files(rctx)]) or "no file, there is none",
        host,
    )

def _files(rctx):
    files = [rctx.path(rctx.attr.config)] if rctx.attr.config else []
    for variable, rest in [
        ("DOCKER_CONFIG", "/config.json"),
        ("REGISTRY_AUTH_FILE", ""),
        ("XDG_RUNTIME_DIR", "/containers/auth.json"),
        ("HOME", "/.docker/config.json"),
    ]:
        folder = rctx.getenv(variable)
        if folder:
            files.append(rctx.path(folder + rest))
    return [file for file in files if file.exists]

def _find(rctx, host, path):
    for file in _files(rctx):
        config = json.decode(rctx.read(file, watch = "no"), default = None)
        if type(config) != "dict":
            _fail(rctx, "%s is not a file of credentials in JSON; mend or remove it" % file)
        helper = config.get("credHelpers", {}).get(host)
        if helper:
            return _ask(rctx, helper, host)
        auths = config.get("auths", {})
        for key in _keys(host, path):
            found = _entry(rctx, file, key, auths.get(key, {}))
            if found:
                return found
        if config.get("credsStore"):
            found = _ask(rctx, config["credsStore"], "https://index.docker.io/v1/" if host == "docker.io" else host)
            if found:
                return found
    return {}

def _keys(host, path):
    parts = path.split("/")
    keys = ["/".join([host] + parts[:count]) for count in range(len(parts), 0, -1)]
    keys += [host] + ["https://" + host + end for end in ["", "/", "/v1/", "/v2/"]]
    return keys + (["https://index.docker.io/v1/", "index.docker.io"] if host == "docker.io" else [])

def _entry(rctx, file, key, entry):
    if entry.get("identitytoken"):
        _fail(rctx, "%s has an identity token for %s, which a download can't use; log in with a name and a password" % (file, key))
    if entry.get("username") and entry.get("password"):
        return {"type": "basic", "login": entry["username"], "password": entry["password"]}
    if entry.get("auth"):
        return {"type": "pattern", "pattern": "Basic <password>", "password": entry["auth"]}
    return {}

def _ask(rctx, helper, host):
    # The shell, since a program that is started here gets no input.
    program = "docker-credential-" + helper
    result = rctx.execute(["sh", "-c", 'printf "%s\\n" "$2" | "$1" get', "sh", program, host])
    if result.return_code and "credentials not found" in result.stdout:
        return {}
    answer = json.decode(result.stdout, default = None) if not result.return_code else None
    if not answer:
        _fail(rctx, "the credential helper `%s get` failed for %s: %s; install it where Bazel runs, or log in without it" % (
            program,
            host,
            result.stderr.strip(),
        ))
    if not answer.get("Secret"):
        return {}
    return {"type": "basic", "login": answer.get("Username", ""), "password": answer["Secret"]}

def _fail(rctx, message):
    fail("oci.pull %r: %s" % (rctx.attr.pull_name, message))

def _encode(text):
    return text.replace("%", "%25").replace(":", "%3A").replace("/", "%2F").replace(",", "%2C").replace(" ", "%20").replace("&", "%26")
