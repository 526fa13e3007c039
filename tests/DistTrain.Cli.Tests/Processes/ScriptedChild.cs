using DistTrain.Cli.Cluster;

namespace DistTrain.Cli.Tests.Processes;

/// <summary>Shell scripts that stand in for the roles: real processes, without the work.</summary>
internal static class ScriptedChild
{
    /// <summary>A script; <c>$1</c> is the role's command, server or worker.</summary>
    public static SelfExecutable Of(string script) => new("/bin/sh", ["-c", script, "disttrain"]);

    /// <summary>Both roles announce themselves and wait for the end of their input; silos give <paramref name="silo"/> as theirs.</summary>
    public static SelfExecutable Polite(string silo) => Of(Announce(silo) + "cat > /dev/null; echo \"$1 ends\"");

    /// <summary>The announcement alone, to be followed by what the test is about.</summary>
    public static string Announce(string silo) =>
        $$"""
        case $1 in
        server) echo '{"event":"listening","role":"server","endpoint":"127.0.0.1:1"}' ;;
        worker) echo '{"event":"listening","role":"silo","endpoint":"{{silo}}"}' ;;
        esac

        """;
}
