using System.Diagnostics;
using DistTrain.Torch.Devices;
using static TorchSharp.torch;

namespace DistTrain.Torch.Machine;

/// <summary>How fast a device is, by the best of a few short measurements: enough to see that something is wrong with it, no benchmark.</summary>
/// <param name="Sent">GB/s from this process's memory to the device.</param>
/// <param name="Fetched">GB/s back.</param>
/// <param name="Float32">GFLOP/s of a product of square matrices.</param>
/// <param name="BFloat16">The same in bfloat16.</param>
internal sealed record DeviceSpeed(double Sent, double Fetched, double Float32, double BFloat16)
{
    private const int Tries = 3;

    /// <summary>A device with memory of its own has more to do at a time; together a few tenths of a second.</summary>
    /// <param name="device">Where; the processor's copies are from memory to memory.</param>
    /// <param name="side">Of the matrices.</param>
    public static DeviceSpeed Of(TensorDevice device, int side)
    {
        using var noGradient = no_grad();
        using var turn = device.Take();
        using var scope = NewDisposeScope();
        var apart = device == TensorDevice.Processor ? TensorDevice.Apart(new TorchSharp.torch.Device(TorchSharp.DeviceType.CPU)) : device;
        using var matrix = apart.Stage<float>([side, side], float32);
        matrix.Memory.Span.Fill(1);
        var elements = side * side;
        var (sent, fetched) = (Seconds(() => matrix.Send(elements), matrix), Seconds(() => matrix.Fetch(0, elements), matrix));
        // A quarter of it, an eighth of the work: processors that emulate bfloat16 are slow at it.
        var quarter = matrix.Tensor.narrow(0, 0, side / 2).narrow(1, 0, side / 2).to(bfloat16);
        var (bytes, operations) = (sizeof(float) * (double)elements, 2.0 * side * elements);
        return new DeviceSpeed(
            bytes / sent / 1e9,
            bytes / fetched / 1e9,
            operations / Seconds(() => matrix.Tensor.mm(matrix.Tensor).Dispose(), matrix) / 1e9,
            operations / 8 / Seconds(() => quarter.mm(quarter).Dispose(), matrix) / 1e9);
    }

    public override string ToString() =>
        FormattableString.Invariant($"copies {Sent:F1} GB/s there and {Fetched:F1} back, products {Float32:F0} GFLOP/s in float32 and {BFloat16:F0} in bfloat16");

    /// <summary>Seconds of the fastest, after one that nobody measures.</summary>
    private static double Seconds(Action work, Staged<float> ends)
    {
        var best = double.PositiveInfinity;
        for (var i = 0; i <= Tries; i++)
        {
            var began = Stopwatch.GetTimestamp();
            work();
            ends.Wait();
            best = i == 0 ? best : Math.Min(best, Stopwatch.GetElapsedTime(began).TotalSeconds);
        }

        return best;
    }
}
