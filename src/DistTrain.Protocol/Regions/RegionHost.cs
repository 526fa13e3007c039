namespace DistTrain.Protocol.Regions;

/// <summary>Where a process must be for another to see its memory: the machine since its start, the process namespace, and the user.</summary>
/// <param name="Machine">Drawn by the kernel at the machine's start.</param>
/// <param name="Processes">The namespace in which process ids are meant.</param>
/// <param name="User">The effective user.</param>
internal sealed record RegionHost(string Machine, string Processes, string User)
{
    private const char Separator = ' ';

    private static readonly Lazy<RegionHost?> Here = new(Find);

    /// <summary>This process's; null where there is no /proc that says it.</summary>
    public static RegionHost? Current => Here.Value;

    /// <summary>Why a process there can't show its memory to this one, in words; null: it may.</summary>
    public string? Differs(string other) => other.Split(Separator) switch
    {
        [var machine, _, _] when machine != Machine => "it is on another machine",
        [_, var processes, _] when processes != Processes => "it is in another process namespace",
        [_, _, var user] when user != User => "it belongs to another user",
        [_, _, _] => null,
        _ => "it does not say where it is",
    };

    public override string ToString() => string.Join(Separator, Machine, Processes, User);

    private static RegionHost? Find()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            return File.ResolveLinkTarget("/proc/self/ns/pid", returnFinalTarget: false) is { Name: var processes }
                ? new RegionHost(File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(), processes, $"{LinuxMemory.User()}")
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
