using System.Diagnostics;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Devices;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;

namespace DistTrain.Torch.Replicas;

/// <summary>Finds a micro-batch by training passes on the device: what fits, and what is fast.</summary>
/// <param name="model">The job's.</param>
/// <param name="data">Its training set; which examples are taken is of no matter.</param>
/// <param name="device">Where its ranks compute.</param>
/// <param name="stop">Ends it, between two passes.</param>
public sealed class MicroBatchSearch(ModelBlueprint model, ExampleSet data, TensorDevice device, CancellationToken stop = default)
{
    /// <summary>What a doubling must gain: below it is what one measurement differs from the next by.</summary>
    private const double Gain = 1.05;

    /// <summary>Where it begins: sizes below are for who has no memory for this one.</summary>
    private const int First = 16;

    /// <summary>After so long no larger one is tried: a submitter waits.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>The fastest micro-batch that fits.</summary>
    /// <param name="largest">Most that a pass may have.</param>
    /// <param name="isAllowed">Whether the job could be trained with it.</param>
    /// <returns>Null: not even one example fits, or no size is allowed.</returns>
    public int? Fastest(int largest, Predicate<int> isAllowed)
    {
        var started = Stopwatch.GetTimestamp();
        return Choose(largest, isAllowed, Speed, () => Stopwatch.GetElapsedTime(started) < Limit);
    }

    /// <summary>The largest micro-batch below one that does not fit, of those that come by halving it; null: none.</summary>
    public int? LargestBelow(int tooLarge)
    {
        for (var size = tooLarge / 2; size > 0; size /= 2)
        {
            if (Speed(size) is not null)
                return size;
        }

        return null;
    }

    /// <summary>
    /// Goes up from <see cref="First"/> by doubling, to <paramref name="largest"/> at most, as long as that makes it faster; where already the first does not
    /// fit, down by halving to one that does.
    /// </summary>
    /// <param name="largest">Most that a pass may have.</param>
    /// <param name="isAllowed">Others are passed over.</param>
    /// <param name="speed">Examples a second; null: it does not fit.</param>
    /// <param name="goesOn">Whether a larger one may be tried.</param>
    internal static int? Choose(int largest, Predicate<int> isAllowed, Func<int, double?> speed, Func<bool> goesOn)
    {
        (int Size, double Speed)? best = null;
        for (long size = Math.Min(First, largest); size > 0; size = Math.Min(2 * size, largest))
        {
            if (isAllowed((int)size))
            {
                if (speed((int)size) is not { } measured || measured < best?.Speed * Gain)
                    break;
                best = ((int)size, measured);
            }

            if (size == largest || !goesOn())
                break;
        }

        for (var size = Math.Min(First, largest) / 2; best is null && size > 0; size /= 2)
        {
            if (isAllowed(size) && speed(size) is { } measured)
                best = (size, measured);
        }

        return best?.Size;
    }

    /// <summary>Examples a second in the faster of two training passes, after one that nobody measures; null: memory does not suffice.</summary>
    private double? Speed(int size)
    {
        try
        {
            using var replica = new Replica(model, size, device: device);
            VersionZero.Fill(model.Layout, seed: 1, offset: 0, replica.Parameters.Span);
            int[] examples = [.. Enumerable.Range(0, size).Select(i => i % data.Count)];
            var divisor = data.DivisorOf(examples);
            var best = double.PositiveInfinity;
            for (var pass = 0; pass < 3; pass++)
            {
                stop.ThrowIfCancellationRequested();
                replica.BeginStep();
                var began = Stopwatch.GetTimestamp();
                replica.Accumulate(data, examples, divisor, new MicroBatchKey(1, Position.Start(), 0, pass));
                replica.EndStep();
                _ = replica.Gradient;
                best = pass == 0 ? best : Math.Min(best, Stopwatch.GetElapsedTime(began).TotalSeconds);
            }

            return size / best;
        }
        catch (Exception e) when (DeviceMemory.IsOut(e))
        {
            return null;
        }
    }
}
