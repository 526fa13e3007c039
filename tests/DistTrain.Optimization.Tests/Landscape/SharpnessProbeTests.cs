using DistTrain.Optimization.Landscape;
using DistTrain.Optimization.Randomness;

namespace DistTrain.Optimization.Tests.Landscape;

/// <summary>Searches in boxes on L = 1 + b·w + ½ wᵀHw, H the vectors' exact Hessian: what is true of their maxima is computed directly.</summary>
[Trait("Kind", "Fast")]
public class SharpnessProbeTests
{
    private static readonly SharpnessPlan Plan = new(Epsilon: 0.01, Rho: 0.1, Subspace: 5, Passes: 24, Seed: 3);

    private static readonly VectorPart Whole = new(HessianReference.Net, ..);

    private static readonly double[] Weights = DenseMatrix.Direction<double>(Whole, seed: 8, probe: 1, kind: ProbeDirectionKind.Gauss);

    private static readonly double[] Slopes = DenseMatrix.Direction<double>(Whole, seed: 9, probe: 1, kind: ProbeDirectionKind.Gauss);

    [Fact]
    public void No_point_leaves_its_box_and_the_highest_loss_of_all_is_told()
    {
        var points = new List<(SharpnessBox Box, double[] Point, double Loss)>();
        var probe = Drive<double>(new(Whole, BucketOrder.Add, Plan, Weights), points);
        Assert.Equal(Plan.Searches.Select(search => search.Box), probe.Records.Select(search => search.Box));
        Assert.All(probe.Records, search => Assert.InRange(search.Losses.Count, 2, 12));
        foreach (var found in Sharpness.Of(probe.Records, Plan))
        {
            var own = points.Where(p => p.Box == found.Box).ToList();
            Assert.Equal(own.Select(p => p.Loss), probe.Records.Where(search => search.Box == found.Box).SelectMany(search => search.Losses));
            Assert.Equal(own.Count, found.Passes);
            Assert.Equal(Weights, own[0].Point);
            Assert.Equal(own.Max(p => p.Loss), found.Highest);
            Assert.Equal(100 * (found.Highest - own[0].Loss) / (1 + own[0].Loss), found.Value, 1e-12 * found.Value);
            Assert.True(found.Value > 0);
        }

        foreach (var (box, point, _) in points.Where(p => p.Box != SharpnessBox.Subspace))
        {
            Assert.All(
                point.Zip(Weights),
                pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, (box == SharpnessBox.Full ? 0.01 * (Math.Abs(pair.Second) + 1) : 0.1 * Math.Abs(pair.Second)) + 1e-15));
        }
    }

    /// <summary>Of a convex function that is a sum over parameters the maximum is a sum too: at the corner that the gradient leads to.</summary>
    [Fact]
    public void Of_a_separable_function_it_is_the_maximum()
    {
        var probe = new SharpnessProbe<double>(Whole, BucketOrder.Add, Plan with { Subspace = 0 }, Weights);
        while (probe.Next is { } next)
        {
            var (loss, gradient) = (1.0, new double[Whole.Length]);
            for (var i = 0; i < gradient.Length; i++)
            {
                var y = next.Span[i] - Weights[i];
                loss += (Slopes[i] * y) + (y * y);
                gradient[i] = Slopes[i] + (2 * y);
            }

            probe.Take(loss, gradient);
        }

        foreach (var search in probe.Records.Where((_, index) => index % 2 == 0))
        {
            var most = Weights.Select((w, i) => (Slope: Math.Abs(Slopes[i]), R: Slopes[i] == 0 ? 0 : search.Box == SharpnessBox.Full ? 0.01 * (Math.Abs(w) + 1) : 0.1 * Math.Abs(w)))
                .Sum(p => (p.Slope * p.R) + (p.R * p.R));
            Assert.Equal(100 * most / 2, Sharpness.Of(probe.Records, Plan).Single(found => found.Box == search.Box).Value, 1e-6 * most);
            Assert.Equal((2, true), (search.Losses.Count, search.IsAtCorner));
        }
    }

    /// <summary>In one dimension the box is an interval, and both of its ends can be tried; A⁺w is a·w / a·a.</summary>
    [Fact]
    public void A_subspace_of_one_dimension_is_an_interval()
    {
        var column = new double[Whole.Length];
        ProbeDirection.Fill<double>(Whole, ProbeDirectionKind.Gauss, Plan.Seed, probe: 0, restart: 0, column, Draw.Subspace);
        var along = column.Zip(Weights, (a, w) => a * w).Sum() / column.Sum(a => a * a);
        var radius = 0.01 * (Math.Abs(along) + 1);
        var most = new[] { -radius, radius }.Max(z => Loss([.. Weights.Zip(column, (w, a) => w + (z * a))]).Loss);
        var found = Drive<double>(new(Whole, BucketOrder.Add, Plan with { Subspace = 1 }, Weights)).Records[2];
        Assert.Equal(SharpnessBox.Subspace, found.Box);
        Assert.Equal(most, found.Losses.Max(), 1e-9);
        Assert.Equal(radius, Assert.Single(found.Subspace!.Radii), 1e-12);
    }

    /// <summary>The radii against A⁺w by a way of its own: the residual w − A·A⁺w is orthogonal to all columns.</summary>
    [Fact]
    public void The_pseudo_inverse_leaves_nothing_along_the_columns()
    {
        var radii = Drive<double>(new(Whole, BucketOrder.Add, Plan, Weights)).Records[2].Subspace!.Radii;
        List<double[]> columns = [.. Enumerable.Range(0, 5).Select(column =>
        {
            var vector = new double[Whole.Length];
            ProbeDirection.Fill<double>(Whole, ProbeDirectionKind.Gauss, Plan.Seed, column, restart: 0, vector, Draw.Subspace);
            return vector;
        })];
        // Signs are not told: one of the 32 ways leaves nothing.
        var least = Enumerable.Range(0, 32).Min(way =>
        {
            double[] c = [.. radii.Select((r, i) => ((r / 0.01) - 1) * ((way >> i & 1) == 0 ? 1 : -1))];
            double[] left = [.. Weights.Select((w, i) => w - c.Select((x, k) => x * columns[k][i]).Sum())];
            return columns.Max(column => Math.Abs(column.Zip(left, (a, l) => a * l).Sum()));
        });
        Assert.InRange(least, 0, 1e-10);
    }

    [Fact]
    public void A_search_that_is_saved_and_read_after_each_pass_finds_the_same_bits()
    {
        var expected = Drive<double>(new(Whole, BucketOrder.Add, Plan, Weights));
        List<List<double[]>> saved = [[]];
        var probe = new SharpnessProbe<double>(Whole, BucketOrder.Add, Plan, Weights);
        while (probe.Next is { } next)
        {
            if (saved.Count < probe.Records.Count)
                saved.Add([]);
            saved[^1].Add(next.ToArray());
            var (loss, gradient) = Loss(next.ToArray());
            probe.Take(loss, gradient);
            if (probe.Next is not { } open)
                break;
            var searches = probe.Records;
            // The point that is awaited is a version already.
            Memory<double> At(int search, int pass) => search < saved.Count && pass < saved[search].Count ? saved[search][pass].ToArray() : open.ToArray();
            probe = new SharpnessProbe<double>(Whole, BucketOrder.Add, Plan, Weights, searches, At);
        }

        Assert.Equal(expected.Records.Select(search => search.Losses), probe.Records.Select(search => search.Losses));
        Assert.Equal(expected.Records.Select(search => search.IsAtCorner), probe.Records.Select(search => search.IsAtCorner));
    }

    [Fact]
    public void However_many_servers_hold_the_buckets_the_losses_have_the_same_bits()
    {
        float[] weights = [.. Weights.Select(w => (float)w)];
        var expected = Drive<float>(new(Whole, BucketOrder.Add, Plan, weights));
        using var meeting = new ServersInOneProcess(2);
        var probes = meeting.Run(HessianReference.Net, (part, totals, gather) =>
        {
            var probe = new SharpnessProbe<float>(part, totals, Plan, weights.AsMemory(part.Offset, part.Length));
            while (probe.Next is { } next)
            {
                var (loss, gradient) = Loss([.. gather(next).Select(w => (double)w)]);
                probe.Take(loss, [.. gradient.AsSpan(part.Offset, part.Length).ToArray().Select(g => (float)g)]);
            }

            return probe;
        });
        Assert.All(probes, probe => Assert.Equal(expected.Records.Select(search => search.Losses), probe.Records.Select(search => search.Losses)));
    }

    /// <summary>A loss that is not finite is no place to stand at, and one that only falls leaves the search at the weights.</summary>
    [Fact]
    public void Where_nothing_is_higher_it_stays_at_the_weights()
    {
        foreach (var beyond in new[] { double.NaN, double.PositiveInfinity, 0.5 })
        {
            var probe = new SharpnessProbe<double>(Whole, BucketOrder.Add, Plan with { Subspace = 0 }, Weights);
            while (probe.Next is { } next)
                probe.Take(next.Span.SequenceEqual(Weights) ? 1 : beyond, Slopes);
            Assert.All(Sharpness.Of(probe.Records, Plan), found => Assert.Equal((0, false), (found.Value, found.IsAtCorner)));
        }
    }

    private static SharpnessProbe<T> Drive<T>(SharpnessProbe<T> probe, List<(SharpnessBox Box, double[] Point, double Loss)>? points = null)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        while (probe.Next is { } next)
        {
            double[] point = [.. next.ToArray().Select(double.CreateChecked)];
            var (loss, gradient) = Loss(point);
            points?.Add((probe.Records[^1].Box, point, loss));
            probe.Take(loss, [.. gradient.Select(T.CreateTruncating)]);
        }

        return probe;
    }

    private static (double Loss, double[] Gradient) Loss(double[] point)
    {
        double[] y = [.. point.Zip(Weights, (p, w) => p - w)];
        var product = HessianReference.AtRandom.Times<double>(y);
        return (1 + Slopes.Zip(y, (b, v) => b * v).Sum() + (product.Zip(y, (h, v) => h * v).Sum() / 2), [.. Slopes.Zip(product, (b, h) => b + h)]);
    }
}
