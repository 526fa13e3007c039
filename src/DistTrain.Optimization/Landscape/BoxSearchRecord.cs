namespace DistTrain.Optimization.Landscape;

/// <summary>What a search in a box is between two passes, besides the vectors of its points.</summary>
/// <param name="Box">The box.</param>
/// <param name="Losses">Of its points so far, the first at the weights.</param>
/// <param name="SoftPasses">How many points after the first are those of the power iteration.</param>
/// <param name="IsDone">No further point is wanted.</param>
/// <param name="IsAtCorner">The gradient leads nowhere else within the box.</param>
/// <param name="Subspace">Coordinates within the random subspace; null for the other boxes.</param>
public sealed record BoxSearchRecord(SharpnessBox Box, IReadOnlyList<double> Losses, int SoftPasses, bool IsDone, bool IsAtCorner, SubspaceCoordinates? Subspace)
{
    /// <summary>The highest loss.</summary>
    public double Highest => Losses.Aggregate(Losses[0], (highest, loss) => IsHigher(loss, highest) ? loss : highest);

    /// <summary>The pass whose point the search stands at: a power iteration goes on whatever the loss is, and after it only to higher ones.</summary>
    public int Place
    {
        get
        {
            var place = Math.Min(SoftPasses, Losses.Count - 1);
            for (var pass = place + 1; pass < Losses.Count; pass++)
            {
                if (IsHigher(Losses[pass], Losses[place]))
                    place = pass;
            }

            return place;
        }
    }

    /// <summary>Infinite is no loss to stand at: the gradient there says nothing.</summary>
    internal static bool IsHigher(double loss, double than) => double.IsFinite(loss) && loss > than;
}

/// <summary>A point of the random subspace and the corner that its gradient leads to.</summary>
/// <param name="Radii">ε(|(A⁺w)ᵢ| + 1), [dimensions].</param>
/// <param name="Current">z, as long.</param>
/// <param name="Target">The corner, as long.</param>
public sealed record SubspaceCoordinates(IReadOnlyList<double> Radii, IReadOnlyList<double> Current, IReadOnlyList<double> Target);
