using System.Collections.Concurrent;

namespace DistTrain.Protocol.Regions;

/// <summary>Whether this process shares memory with others of its machine, and what it has said of why it could not.</summary>
/// <param name="isOn">It does, where it can.</param>
public sealed class MemorySharing(bool isOn)
{
    /// <summary>Why a server that is asked to share memory refuses when it was told to.</summary>
    public const string IsOffHere = "the server shares no memory (--shared-memory off)";

    private readonly ConcurrentDictionary<string, bool> _said = [];

    /// <summary>A process that sends all it has.</summary>
    public static MemorySharing Off { get; } = new(isOn: false);

    /// <summary>Told, once for each, why something could not be shared: what, and the reason.</summary>
    public Action<string, string>? Refused { get; set; }

    public bool IsOn => isOn;

    /// <summary>Memory that others may read, or null where there is to be none or can't be.</summary>
    /// <param name="elements">float32 in it.</param>
    /// <param name="what">What will be in it, for the log.</param>
    public SharedRegion? TryCreate(long elements, string what)
    {
        if (!isOn)
            return null;
        if (elements > int.MaxValue)
        {
            Say(what, $"{elements} elements are more than one region has");
            return null;
        }

        var region = SharedRegion.TryCreate((int)elements, out var refusal);
        if (region is null)
            Say(what, refusal!);
        return region;
    }

    /// <summary>Says why something was not shared, unless that has been said.</summary>
    public void Say(string what, string reason)
    {
        if (_said.TryAdd($"{what}: {reason}", true))
            Refused?.Invoke(what, reason);
    }
}
