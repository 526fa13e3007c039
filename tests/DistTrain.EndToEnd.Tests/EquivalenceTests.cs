using DistTrain.Optimization.Parameters;

namespace DistTrain.EndToEnd.Tests;

/// <summary>Distributed training is training on the whole batch.</summary>
[Trait("Kind", "Process")]
public class EquivalenceTests(StandingClusters clusters)
{
    [Theory]
    [InlineData("mlp")]
    [InlineData("cnn")]
    public async Task Four_ranks_of_32_equal_one_rank_of_128(string model)
    {
        using var folder = new RunFolder();
        string[] settings = [$"model.name={model}", "batch=128", "steps=20", "optimizer.lr=0.01", "dataset.trainExamples=1000", "dataset.testExamples=50"];
        _ = (await clusters.RunAsync(folder, "four", silos: 2, servers: 2, [.. settings, "workers=4"])).Completed;
        _ = (await clusters.RunAsync(folder, "one", silos: 1, servers: 1, [.. settings, "workers=1"])).Completed;
        var (four, one) = (Read(folder["four"]), Read(folder["one"]));
        Assert.Equal(one.Keys.Order(), four.Keys.Order());
        Assert.All(one, tensor =>
        {
            var difference = Math.Sqrt(tensor.Value.Zip(four[tensor.Key], (a, b) => Math.Pow(a - b, 2)).Sum());
            var norm = Math.Sqrt(tensor.Value.Sum(v => (double)v * v));
            Assert.True(difference / norm < 1e-4, $"{tensor.Key}: {difference / norm}");
        });
    }

    private static Dictionary<string, float[]> Read(string run)
    {
        using var model = SafeTensorsReader.Open(Path.Combine(run, "model.safetensors"));
        var layout = model.Layout()!;
        var vector = new float[layout.Length];
        model.Fill(layout, vector);
        return layout.Segments.ToDictionary(s => s.Name, s => vector[s.Offset..s.End]);
    }
}
