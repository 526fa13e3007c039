using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using DistTrain.Recipes;
using DistTrain.Torch.Hosting;

namespace DistTrain.Torch.Machine;

/// <summary>Operating system, .NET, processor and memory.</summary>
internal static class SystemChecks
{
    private const double GiB = 1 << 30;

    public static MachineCheckResult OperatingSystemAndArchitecture(string name)
    {
        var finding = $"{RuntimeInformation.OSDescription}, {RuntimeInformation.RuntimeIdentifier}";
        if (RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal))
            return MachineCheckResult.Failure(name, finding, "libtorch needs glibc: use a Debian or Ubuntu image, not Alpine");
        var supported = (OperatingSystem.IsLinux() && IsX64) || (OperatingSystem.IsWindows() && IsX64) ||
            (OperatingSystem.IsMacOS() && RuntimeInformation.ProcessArchitecture == Architecture.Arm64);
        return supported
            ? MachineCheckResult.Ok(name, finding)
            : MachineCheckResult.Failure(name, finding, "libtorch exists for linux-x64, win-x64 and osx-arm64: run silos on one of these (the parameter server runs anywhere)");
    }

    public static MachineCheckResult Runtime(string name) =>
        Environment.Version.Major >= 10
            ? MachineCheckResult.Ok(name, RuntimeInformation.FrameworkDescription)
            : MachineCheckResult.Failure(name, RuntimeInformation.FrameworkDescription, "install .NET 10");

    public static MachineCheckResult Processor(string name)
    {
        var cores = Environment.ProcessorCount;
        var finding = $"{cores} cores to use";
        return cores > 1
            ? MachineCheckResult.Ok(name, finding)
            : MachineCheckResult.Warning(name, finding, "ranks compute one after the other here; give the process more cores or train with workers=1");
    }

    public static MachineCheckResult InstructionSet(string name)
    {
        if (!IsX64)
            return MachineCheckResult.Ok(name, $"{RuntimeInformation.ProcessArchitecture}; its results differ in the last bits from those of x64 machines");
        return Avx2.IsSupported
            ? MachineCheckResult.Ok(name, $"{Instructions.Of(Determinisms.Host)}, bfloat16: {Instructions.OfBFloat16}; {Instructions.AVX2} with determinism: portable")
            : MachineCheckResult.Warning(name, "no AVX2", "training works, slower, and its results differ in the last bits from those of machines with AVX2: do not mix the two in a cluster; on a virtual machine, pass the host's processor through");
    }

    public static MachineCheckResult Memory(string name)
    {
        var available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / GiB;
        var finding = $"{available:F1} GiB to use";
        return available switch
        {
            < 1 => MachineCheckResult.Failure(name, finding, "libtorch and one silo need about 1 GiB"),
            < 4 => MachineCheckResult.Warning(name, finding, "a local cluster of two silos and a server wants 4 GiB: use --silos 1, or a smaller batch"),
            _ => MachineCheckResult.Ok(name, finding),
        };
    }

    public static MachineCheckResult OpenFiles(string name)
    {
        if (DescriptorLimit.Read() is not { } limit)
            return MachineCheckResult.Ok(name, "no limit that this system tells");
        var finding = $"{limit} at a time";
        return limit switch
        {
            < DescriptorLimit.Needed => MachineCheckResult.Failure(name, finding, $"a process needs {DescriptorLimit.Needed}: ulimit -n 4096, LimitNOFILE= of a systemd unit, --ulimit nofile= of a container"),
            < 1024 => MachineCheckResult.Warning(name, finding, "enough for a small cluster, each further peer takes some: ulimit -n 4096"),
            _ => MachineCheckResult.Ok(name, finding),
        };
    }

    private static bool IsX64 => RuntimeInformation.ProcessArchitecture == Architecture.X64;
}
