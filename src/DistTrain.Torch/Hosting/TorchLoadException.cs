namespace DistTrain.Torch.Hosting;

/// <summary>libtorch could not be loaded, or was loaded too early; the message says why and how to cure it.</summary>
public sealed class TorchLoadException : Exception
{
    public TorchLoadException(string message)
        : base(message)
    {
    }

    public TorchLoadException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Finds the first cause under wrapped loader errors and adds the cure for those seen in the field.</summary>
    internal static TorchLoadException From(Exception error)
    {
        var text = error.ToString();
        var cure =
            text.Contains("GLIBCXX_", StringComparison.Ordinal) ? "This system's libstdc++ is older than GCC 13's and the library was not adapted to it: build on this system, or publish with -p:TorchNativePatch=always." :
            text.Contains("musl", StringComparison.Ordinal) ? "libtorch needs glibc: use a Debian or Ubuntu image, not Alpine." :
            text.Contains("libcuda", StringComparison.Ordinal) ? "The CUDA build needs an NVIDIA driver: install it, or build with -p:TorchBackend=cpu." :
            "Its native libraries belong beside the program, under runtimes/*/native: build or publish again, do not copy single files.";
        return new TorchLoadException($"libtorch does not load: {Cause(error.GetBaseException().Message)}{Environment.NewLine}{cure} `disttrain doctor` checks the rest.", error);
    }

    // .NET lists every path it tried; what matters is the line about the one that was there.
    private static string Cause(string message)
    {
        var lines = message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var telling = lines.Skip(1).Where(line => line is not ['/', ..] || !line.EndsWith("No such file or directory", StringComparison.Ordinal)).ToList();
        return telling.Count > 0 ? string.Join(Environment.NewLine, telling) : lines.FirstOrDefault("no reason given");
    }
}
