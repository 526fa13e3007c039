using System.Globalization;

namespace DistTrain.Recipes;

/// <summary>
/// Over which examples of a step BatchNorm takes its statistics: part of the objective, not of the deployment. Written <c>local</c>,
/// <c>global</c>, <c>group:RANKS</c> or <c>ghost:EXAMPLES</c>.
/// </summary>
/// <param name="Kind">Which of the four.</param>
/// <param name="Size">group: ranks; ghost: examples; else 0.</param>
public readonly record struct BatchNormScope(BatchNormScopeKind Kind, int Size = 0)
{
    /// <summary>Largest group and largest ghost batch.</summary>
    public const int LargestSize = 1_048_576;

    /// <summary>Each rank's micro-batch by itself.</summary>
    public static BatchNormScope Local { get; } = new(BatchNormScopeKind.Local);

    /// <summary>True when ranks exchange moments.</summary>
    public bool IsShared => Kind is BatchNormScopeKind.Global or BatchNormScopeKind.Group;

    /// <summary>Ranks whose examples are taken together, of a job with <paramref name="workers"/> ranks.</summary>
    public int RanksOf(int workers) => Kind switch
    {
        BatchNormScopeKind.Global => workers,
        BatchNormScopeKind.Group => Size,
        _ => 1,
    };

    /// <summary>The scope written as <paramref name="text"/>, or null.</summary>
    public static BatchNormScope? Parse(string text)
    {
        var parts = text.Split(':');
        var size = 0;
        if (parts.Length > 2 || (parts.Length == 2 && (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out size) || size is < 1 or > LargestSize)))
            return null;
        return (parts[0], parts.Length) switch
        {
            ("local", 1) => Local,
            ("global", 1) => new(BatchNormScopeKind.Global),
            ("group", 2) => new(BatchNormScopeKind.Group, size),
            ("ghost", 2) => new(BatchNormScopeKind.Ghost, size),
            _ => null,
        };
    }

    public override string ToString() => Kind switch
    {
        BatchNormScopeKind.Local => "local",
        BatchNormScopeKind.Global => "global",
        BatchNormScopeKind.Group => string.Create(CultureInfo.InvariantCulture, $"group:{Size}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"ghost:{Size}"),
    };
}

public enum BatchNormScopeKind
{
    /// <summary>Each rank's micro-batch.</summary>
    Local,

    /// <summary>The micro-batches of all ranks together.</summary>
    Global,

    /// <summary>The micro-batches of so many neighbouring ranks together.</summary>
    Group,

    /// <summary>So many examples of a micro-batch (Hoffer, Hubara, Soudry 2017, 1705.08741).</summary>
    Ghost,
}
