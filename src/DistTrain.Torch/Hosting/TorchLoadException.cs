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
            text.Contains("cuda", StringComparison.OrdinalIgnoreCase) && text.Contains("cannot open shared object", StringComparison.Ordinal) ? "The CUDA build needs an NVIDIA driver: install it, or build with -p:TorchBackend=cpu." :
            "Its native libraries belong beside the program, under runtimes/*/native: build or publish again, do not copy single files.";
        return new TorchLoadException($"libtorch does not load: {error.GetBaseException().Message.Trim()}{Environment.NewLine}{cure} `disttrain doctor` checks the rest.", error);
    }
}
