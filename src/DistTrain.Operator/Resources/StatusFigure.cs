namespace DistTrain.Operator.Resources;

/// <summary>One thing that the status of a kind's objects tells.</summary>
/// <param name="Name">Its key in the status.</param>
/// <param name="Description">For <c>kubectl explain</c>.</param>
public sealed record StatusFigure(string Name, string Description)
{
    /// <summary>Heading of its column; null: it has none.</summary>
    public string? Column { get; init; }

    /// <summary>A text; else a number, whose column is a text of the digits that people read (<see cref="StatusDisplay"/>).</summary>
    public bool IsText { get; init; }
}
