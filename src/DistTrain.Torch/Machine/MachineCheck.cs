namespace DistTrain.Torch.Machine;

/// <summary>Looks at everything a silo needs of its machine, for <c>disttrain doctor</c>.</summary>
public static class MachineCheck
{
    /// <summary>Runs all checks, the harmless ones first; no check throws.</summary>
    /// <param name="folder">Where runs are written; the current folder when null.</param>
    /// <returns>One result a check, in the order in which they build on each other.</returns>
    public static IReadOnlyList<MachineCheckResult> Run(string? folder = null) =>
    [
        Try("operating system", SystemChecks.OperatingSystemAndArchitecture),
        Try(".NET", SystemChecks.Runtime),
        Try("processor", SystemChecks.Processor),
        Try("instruction set", SystemChecks.InstructionSet),
        Try("memory", SystemChecks.Memory),
        Try("open files", SystemChecks.OpenFiles),
        Try("disk", name => StorageChecks.Disk(name, folder ?? Environment.CurrentDirectory)),
        Try("shared memory", StorageChecks.SharedMemory),
        Try("loopback port", StorageChecks.LoopbackPort),
        Try("native libraries", LibraryChecks.Files),
        Try("libstdc++", LibraryChecks.StandardLibrary),
        Try("libtorch", TorchChecks.Tensor),
        Try("speed", TorchChecks.Speed),
        Try("GPU", TorchChecks.Gpu),
        .. Enumerable.Range(0, TorchChecks.Gpus).Select(number => Try($"GPU {number}", name => TorchChecks.SpeedOf(name, number))),
    ];

    // A doctor that dies of a symptom helps nobody: whatever a check throws is its finding.
    private static MachineCheckResult Try(string name, Func<string, MachineCheckResult> check)
    {
        try
        {
            return check(name);
        }
        catch (Exception e)
        {
            return MachineCheckResult.Failure(name, $"{e.GetType().Name}: {e.Message}", "report it with the lines above");
        }
    }
}
