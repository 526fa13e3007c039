using DistTrain.Operator.Resources;

namespace DistTrain.Operator.Hosting;

/// <summary>Whether the operator has seen all objects there are.</summary>
/// <param name="ready">Called once, then.</param>
internal sealed class OperatorReadiness(Action ready)
{
    private readonly Lock _gate = new();
    private readonly HashSet<ResourceKind> _missing = [.. ResourceKind.All];

    /// <summary>Those of a kind have been seen.</summary>
    public void Listed(ResourceKind kind)
    {
        bool isLast;
        lock (_gate)
            isLast = _missing.Remove(kind) && _missing.Count == 0;
        if (isLast)
            ready();
    }
}
