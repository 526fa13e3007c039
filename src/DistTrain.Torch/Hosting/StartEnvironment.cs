using System.Collections;
using System.Text;
using System.Text.RegularExpressions;
using DistTrain.Recipes;

namespace DistTrain.Torch.Hosting;

/// <summary>
/// Variables that are read before a program's first line, by .NET and by the C library: a process cannot set them for itself. One that was started
/// without them becomes, under the same id, the same program with them.
/// </summary>
public static partial class StartEnvironment
{
    private const string CLibraryTunables = "GLIBC_TUNABLES";

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
        return OperatingSystem.IsLinux() ? [net, new(CLibraryTunables, "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX512CD,-AVX512DQ")] : [net];
    }

    /// <summary>
    /// What somebody has set that makes .NET or a library compute by other code than the determinism's, and what stands in its place; empty: nothing.
    /// </summary>
    /// <param name="determinism">One of <see cref="Determinisms"/>.</param>
    /// <param name="environment">The process's variables.</param>
    internal static IEnumerable<NativeSetting> Foreign(string determinism, IReadOnlyDictionary<string, string> environment)
    {
        var own = NativeEnvironment.ForChildren(determinism).Select(v => v.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, value) in environment.Where(v => !own.Contains(v.Key)))
        {
            if (OtherCodePattern().IsMatch(name))
                yield return new NativeSetting(name, string.Empty, value);
            else if (name == CLibraryTunables && WithoutProcessor(value) is var kept && kept != value)
                yield return new NativeSetting(name, kept, value);
        }
    }

    /// <summary>Returns if the process has them. Otherwise it starts anew with all that <see cref="NativeEnvironment.ForChildren"/> gives.</summary>
    /// <param name="determinism">One of <see cref="Determinisms"/>.</param>
    /// <param name="overriding">Told of each variable that had another value: the new process can't know.</param>
    /// <returns>Null, or why this process cannot be of that determinism and what to do, in words for the user.</returns>
    public static string? Ensure(string determinism, Action<NativeSetting> overriding)
    {
        var variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(v => (string)v.Key, v => (string)v.Value!);
        var foreign = Foreign(determinism, variables).ToList();
        // What was taken away by a variable is no lack of the processor.
        if (foreign.Count == 0 && determinism == Determinisms.Portable && Instructions.Of(determinism) != Instructions.AVX2)
            return $"--determinism {determinism} needs an x64 processor with AVX2; this one computes with {Instructions.Of(determinism)}";
        var missing = Variables(determinism).Where(v => Environment.GetEnvironmentVariable(v.Key) != v.Value).ToList();
        if (missing.Count == 0 && foreign.Count == 0)
            return null;
        var cause = OperatingSystem.IsLinux() ? StartAnew(determinism, variables, foreign, overriding) : "only Linux can start a process anew";
        return $"--determinism {determinism}: {cause}; set {string.Join(' ', missing.Select(v => $"{v.Key}={v.Value}").Concat(foreign.Select(v => $"{v.Name}={v.Value}")))} before the start";
    }

    /// <returns>Only if it failed: why.</returns>
    private static string StartAnew(string determinism, Dictionary<string, string> variables, IReadOnlyList<NativeSetting> foreign, Action<NativeSetting> overriding)
    {
        foreach (var setting in foreign)
        {
            overriding(setting);
            if (setting.Value.Length == 0)
                variables.Remove(setting.Name);
            else
                variables[setting.Name] = setting.Value;
        }

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

    /// <summary>The C library's settings but those of the processor's instructions: of some functions it has several versions, whose last bits differ.</summary>
    private static string WithoutProcessor(string tunables) =>
        string.Join(':', tunables.Split(':').Where(one => !one.StartsWith("glibc.cpu.", StringComparison.Ordinal)));

    [GeneratedRegex(
        @"\A(?:(?:DOTNET|COMPlus)_(?:Enable(?:HWIntrinsic|SSE|AVX|FMA|BMI|LZCNT|POPCNT|GFNI|VAES)\w*|PreferredVectorBitWidth|MaxVectorTBitWidth)"
            + @"|MKL_(?:ENABLE_INSTRUCTIONS|DEBUG_CPU_TYPE|DOMAIN_NUM_THREADS)|(?:ONEDNN|DNNL)_DEFAULT_FPMATH_MODE|DNNL_MAX_CPU_ISA)\z",
        RegexOptions.ExplicitCapture,
        1000)]
    private static partial Regex OtherCodePattern();
}
