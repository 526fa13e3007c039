namespace DistTrain.Optimization.Normalization;

/// <summary>The shape [examples, channels, size] of an activation that lies row-major in memory.</summary>
/// <param name="Examples">May be 0.</param>
/// <param name="Channels">At least 1.</param>
/// <param name="Size">Positions of a channel in one example, at least 1.</param>
public readonly record struct ChannelBlock(int Examples, int Channels, int Size)
{
    /// <summary>Values behind each channel.</summary>
    public long Count => (long)Examples * Size;

    /// <summary>Planes of <see cref="Size"/> values each, in the order of memory; plane p is of channel p modulo <see cref="Channels"/>.</summary>
    internal int Planes => Examples * Channels;
}
