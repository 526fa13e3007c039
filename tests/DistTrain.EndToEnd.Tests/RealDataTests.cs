namespace DistTrain.EndToEnd.Tests;

[Trait("Kind", "Process")]
public class RealDataTests(StandingClusters clusters)
{
    [Fact]
    public async Task An_epoch_of_mnist_reaches_95_percent()
    {
        using var folder = new RunFolder();
        var run = await clusters.RunAsync(
            folder, "mnist", silos: 2, servers: 2, "dataset.name=mnist", $"dataset.path={SharedData.Folder("mnist")}", "model.name=mlp", "epochs=1", "batch=128");
        Assert.InRange(run.TestAccuracy, 0.95, 1);
        Assert.Equal(469, run.Completed.GetProperty("steps").GetInt32());
    }

    [Fact]
    public async Task Cifar10_binary_files_train_resnet20_with_falling_loss()
    {
        using var folder = new RunFolder();
        WriteCifar(folder["data"]);
        var run = await clusters.RunAsync(
            folder, "cifar", silos: 2, servers: 2, "dataset.name=cifar10", $"dataset.path={folder["data"]}", "model.name=resnet20", "steps=12", "batch=32", "optimizer.lr=0.01");
        _ = run.Completed;
        var losses = run.Events.Where(e => e.GetProperty("event").GetString() == "step").Select(e => e.GetProperty("loss").GetDouble()).ToList();
        Assert.True(losses.TakeLast(3).Average() < losses.Take(3).Average() - 0.3, string.Join(' ', losses));
    }

    /// <summary>Two batches of images whose brightness tells their class: easy to learn in a few steps.</summary>
    private static void WriteCifar(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var (name, count) in new[] { ("data_batch_1.bin", 256), ("test_batch.bin", 32) })
        {
            var bytes = new byte[count * 3073];
            for (var i = 0; i < count; i++)
            {
                var label = i % 10;
                bytes[i * 3073] = (byte)label;
                for (var p = 1; p < 3073; p++)
                    bytes[(i * 3073) + p] = (byte)((label * 23) + (((i * 31) + (p * 7)) % 20));
            }

            File.WriteAllBytes(Path.Combine(folder, name), bytes);
        }
    }
}
