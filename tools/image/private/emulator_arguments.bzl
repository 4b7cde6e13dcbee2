"""The emulator of tests that run an image for another CPU than the machine's."""

def emulator_arguments(cpu):
    """The option that names the emulator of a CPU; empty if the test runs on that CPU.

    Args:
        cpu: a name of `@platforms//cpu`.

    Returns:
        A select of lists of strings.
    """
    return _unless_on(cpu, ["--emulator", "$(rootpath {})".format(_emulator(cpu))])

def emulator_data(cpu):
    """The files that `emulator_arguments` names, for `data`.

    Args:
        cpu: a name of `@platforms//cpu`.

    Returns:
        A select of lists of labels.
    """
    return _unless_on(cpu, [_emulator(cpu)])

# A Label, because other modules don't see the repository `@emulators`.
def _emulator(cpu):
    return Label("@emulators//:" + cpu)

def _unless_on(cpu, values):
    return select({
        Label("@platforms//cpu:" + cpu): [],
        "//conditions:default": values,
    })
