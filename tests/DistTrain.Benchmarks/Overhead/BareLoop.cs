using System.Diagnostics;
using System.Globalization;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Hosting;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DistTrain.Benchmarks.Overhead;

/// <summary>What a user would write by hand with TorchSharp alone: the cnn, its modules, its SGD, one process, one thread.</summary>
internal static class BareLoop
{
    public const int Batch = 256;

    /// <summary>Prints <c>ready</c>, waits for a line, runs, prints images/s.</summary>
    /// <param name="data">Folder of the MNIST files; null: digits.</param>
    /// <param name="steps">Steps that are timed.</param>
    /// <param name="skip">Steps before them.</param>
    /// <param name="isTogether">Prints <c>done</c> and waits for a line after each timed step: the least that synchronous training is.</param>
    public static void Run(string? data, int steps, int skip, bool isTogether)
    {
        NativeEnvironment.Prepare();
        var examples = DatasetReader.Read(DatasetOf(data)).Train;
        using var model = Sequential(
            Conv2d(1, 32, 3), ReLU(), Conv2d(32, 64, 3), ReLU(), MaxPool2d(2), Flatten(), Linear(9216, 128), ReLU(), Linear(128, 10));
        using var optimizer = optim.SGD(model.parameters(), 0.05, momentum: 0.9);
        var (pixels, labels) = (new float[Batch * 784], new long[Batch]);
        for (var step = 0; step < skip; step++)
            Step(step);
        Console.WriteLine("ready");
        Console.ReadLine();
        var watch = Stopwatch.StartNew();
        for (var step = 0; step < steps; step++)
        {
            Step(skip + step);
            if (!isTogether)
                continue;
            Console.WriteLine("done");
            Console.ReadLine();
        }

        Console.WriteLine((Batch * steps / watch.Elapsed.TotalSeconds).ToString(CultureInfo.InvariantCulture));

        void Step(int step)
        {
            using var scope = NewDisposeScope();
            for (var i = 0; i < Batch; i++)
            {
                var example = ((step * Batch) + i) % examples.Count;
                examples.CopyFeatures(example, pixels.AsSpan(i * 784, 784));
                labels[i] = examples.Label(example);
            }

            optimizer.zero_grad();
            functional.cross_entropy(model.forward(tensor(pixels, [Batch, 1, 28, 28])), tensor(labels)).backward();
            optimizer.step();
        }
    }

    public static DatasetRecipe DatasetOf(string? data) =>
        data is null ? new DatasetRecipe(DatasetNames.Digits, null, null, null) : new DatasetRecipe(DatasetNames.Mnist, data, null, null);
}
