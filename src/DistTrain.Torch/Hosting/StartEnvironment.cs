using System.Collections;
using System.Text;
using DistTrain.Recipes;

namespace DistTrain.Torch.Hosting;

/// <summary>
/// Variables that are read before a program's first line, by .NET and by the C library: a process cannot set them for itself. One that was started
/// without them becomes, under the same id, the same program with them.
/// </summary>
public static class StartEnvironment
{
    /// <summary>What a process of the given determinism is started with; nothing for host.</summary>
    /// <param name="determinism">One of <see cref="Determinisms"/>.</param>
    /// <remarks>
    /// Nothing of DistTrain's own arithmetic depends on them: it is written in vectors of 256 bits, and the C library's scalar functions have no code for
    /// AVX-512 (glibc 2.36). They bind what comes with a later version, and glibc's choice among libraries that are there in several builds.
    /// </remarks>
    public static IReadOnlyList<KeyValuePair<string, string>> Variables(string determinism)
    {
        if (determinism != Determinisms.Portable)
            return [];
        KeyValuePair<string, string> net = new("DOTNET_EnableAVX512", "0");
        return OperatingSystem.IsLinux() ? [net, new("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX512CD,-AVX512DQ")] : [net];
    }

    /// <summary>Returns if the process has them. Otherwise it starts anew with all that <see cref="NativeEnvironment.ForChildren"/> gives.</summary>
    /// <param name="determinism">One of <see cref="Determinisms"/>.</param>
    /// <param name="overriding">Told of each variable that had another value: the new process can't know.</param>
    /// <returns>Null, or why this process cannot be of that determinism and what to do, in words for the user.</returns>
    public static string? Ensure(string determinism, Action<NativeSetting> overriding)
    {
        if (determinism == Determinisms.Portable && Instructions.Of(determinism) != Instructions.AVX2)
            return $"--determinism {determinism} needs an x64 processor with AVX2; this one computes with {Instructions.Of(determinism)}";
        var missing = Variables(determinism).Where(v => Environment.GetEnvironmentVariable(v.Key) != v.Value).ToList();
        if (missing.Count == 0)
            return null;
        var cause = OperatingSystem.IsLinux() ? StartAnew(determinism, overriding) : "only Linux can start a process anew";
        return $"--determinism {determinism}: {cause}; set {string.Join(' ', missing.Select(v => $"{v.Key}={v.Value}"))} before the start";
    }

    /// <returns>Only if it failed: why.</returns>
    private static string StartAnew(string determinism, Action<NativeSetting> overriding)
    {
        var variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(v => (string)v.Key, v => (string?)v.Value);
        foreach (var (name, value) in NativeEnvironment.ForChildren(determinism))
        {
            if (new NativeSetting(name, value, variables.GetValueOrDefault(name)) is { IsOverride: true } setting)
                overriding(setting);
            variables[name] = value;
        }

        // As the process was started: what .NET hands to a program leaves out its own host's.
        var arguments = Encoding.UTF8.GetString(File.ReadAllBytes("/proc/self/cmdline")).Split('\0')[..^1];
        return CLibrary.Become(Environment.ProcessPath!, arguments, variables.Select(v => $"{v.Key}={v.Value}"));
    }
}
