namespace DistTrain.EndToEnd.Tests;

/// <summary>The job file alone decides the bits.</summary>
[Trait("Kind", "Process")]
public class DeterminismTests(StandingClusters clusters)
{
    public static TheoryData<string, string> Models => new()
    {
        { "model.name=mlp", "model.norm=none" },
        { "model.name=cnn", "model.norm=none" },
        { "model.name=cnn", "model.norm=batch" },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Two_ranks_give_the_same_weights_on_any_silos_and_servers(string model, string norm)
    {
        using var folder = new RunFolder();
        var settings = Training.Short(model, norm);
        var first = await clusters.RunAsync(folder, "a", silos: 1, servers: 1, settings);
        Assert.Equal(first.WeightsSha256, (await clusters.RunAsync(folder, "b", silos: 2, servers: 2, settings)).WeightsSha256);
        var third = await clusters.RunAsync(folder, "c", silos: 3, servers: 1, settings);
        Assert.Equal(first.WeightsSha256, third.WeightsSha256);
        Assert.Equal(Losses(first), Losses(third));
    }

    [Fact]
    public async Task Four_ranks_give_the_same_weights_on_one_two_and_three_silos()
    {
        using var folder = new RunFolder();
        var settings = Training.Short("workers=4", "model.name=mlp");
        var shas = new HashSet<string>();
        foreach (var (silos, servers) in new[] { (1, 1), (2, 2), (3, 1) })
            shas.Add((await clusters.RunAsync(folder, $"{silos}", silos, servers, settings)).WeightsSha256);
        Assert.Single(shas);
    }

    /// <summary>Lines of different lengths, some of whose characters are hidden: what and how many, each rank knows by itself.</summary>
    [Fact]
    public async Task Hidden_tokens_give_the_same_weights_on_any_silos_and_servers()
    {
        using var folder = new RunFolder();
        File.WriteAllLines(folder["train.txt"], Enumerable.Range(0, 150).Select(i => string.Join(' ', Enumerable.Range(i, 1 + (i * 7 % 9)))));
        File.WriteAllLines(folder["test.txt"], Enumerable.Range(0, 30).Select(i => $"{i * 31}"));
        string[] settings =
        [
            $"dataset={{name: text, path: {folder.Path}, documents: padded, context: 40}}", "task.name=maskedToken", "model={name: bert, width: 16, depth: 1, heads: 2}",
            "workers=4", "batch=50", "microBatch=8", "epochs=2",
        ];
        var first = await clusters.RunAsync(folder, "a", silos: 1, servers: 1, settings);
        Assert.Equal(first.WeightsSha256, (await clusters.RunAsync(folder, "b", silos: 2, servers: 2, settings)).WeightsSha256);
        Assert.Equal(first.WeightsSha256, (await clusters.RunAsync(folder, "c", silos: 3, servers: 1, settings)).WeightsSha256);
    }

    /// <summary>Parts of words, and both phases of the recipe: the second begins with what the first has made of the same model, whose places are for its examples too, and leaves a part as it is.</summary>
    [Fact]
    public async Task Two_phases_of_BERT_give_the_same_weights_on_any_silos_and_servers()
    {
        using var folder = new RunFolder();
        File.WriteAllText(folder["vocab.txt"], string.Join('\n', (string[])["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. Enumerable.Range(0, 10).Select(i => $"{i}"), .. Enumerable.Range(0, 10).Select(i => $"##{i}")]));
        File.WriteAllLines(folder["train.txt"], Enumerable.Range(0, 200).Select(i => $"{i * 7} {i * 3}"));
        File.WriteAllLines(folder["test.txt"], Enumerable.Range(0, 30).Select(i => $"{i * 31}"));
        string[] settings =
        [
            $"dataset={{name: text, path: {folder.Path}, tokens: wordPiece, context: 24}}", "task.name=maskedToken", "model={name: bert, width: 16, depth: 1, heads: 2}",
            "workers=4", "batch=16",
        ];
        var first = await clusters.RunAsync(folder, "first", silos: 1, servers: 1, [.. settings, "recipe=lamb-76min", "dataset.length=6", "epochs=2"]);
        string[] second = [.. settings, "recipe=lamb-76min-512", "epochs=1", "freeze=[embedding1.*, norm1.*]", $"from.checkpoint={folder["first"]}/model.safetensors"];
        var one = await clusters.RunAsync(folder, "one", silos: 1, servers: 1, second);
        Assert.Equal(one.WeightsSha256, (await clusters.RunAsync(folder, "other", silos: 3, servers: 1, second)).WeightsSha256);
        Assert.Contains(first.WeightsSha256, await File.ReadAllTextAsync(folder["one/job.yaml"]), StringComparison.Ordinal);
    }

    /// <summary>What another program has made of a text, as 16 bits a token.</summary>
    [Fact]
    public async Task Files_of_tokens_give_the_same_weights_on_any_silos_and_servers()
    {
        using var folder = new RunFolder();
        foreach (var (name, count) in new[] { ("train.bin", 3000), ("test.bin", 400) })
            File.WriteAllBytes(folder[name], [.. Enumerable.Range(0, count).SelectMany(i => BitConverter.GetBytes((ushort)(i * i % 300)))]);
        string[] settings =
        [
            $"dataset={{name: text, path: {folder.Path}, tokens: uint16, vocabularySize: 300, context: 16}}", "model={name: transformer, width: 16, depth: 1, heads: 2}",
            "workers=4", "batch=32", "epochs=1",
        ];
        var first = await clusters.RunAsync(folder, "a", silos: 1, servers: 1, settings);
        Assert.Equal(first.WeightsSha256, (await clusters.RunAsync(folder, "b", silos: 2, servers: 2, settings)).WeightsSha256);
    }

    /// <summary>Numbers that are told, by Huber's loss: the same weights whoever computes them, R² and mean error wherever an accuracy stands.</summary>
    [Fact]
    public async Task A_regression_gives_the_same_weights_on_any_silos_and_servers()
    {
        using var folder = new RunFolder();
        File.WriteAllLines(folder["train.csv"], Enumerable.Range(0, 200).Select(i => FormattableString.Invariant($"{i % 17 / 17.0},{i % 5 - 2},{(i % 17 / 8.0) - (i % 5 * 0.25)}")));
        File.WriteAllLines(folder["test.csv"], Enumerable.Range(0, 40).Select(i => FormattableString.Invariant($"{i % 13 / 17.0},{i % 3 - 1},{(i % 13 / 8.0) - ((i % 3 + 1) * 0.25)}")));
        string[] settings =
        [
            $"dataset={{name: csv, path: {folder.Path}, header: none}}", "task={name: regression, loss: huber, delta: 0.5}", "model={name: custom, layers: [linear: 8, tanh, linear: 1]}",
            "workers=4", "batch=30", "microBatch=4", "epochs=6",
        ];
        var first = await clusters.RunAsync(folder, "a", silos: 1, servers: 1, settings);
        Assert.Equal(first.WeightsSha256, (await clusters.RunAsync(folder, "b", silos: 2, servers: 2, settings)).WeightsSha256);
        Assert.Equal(first.WeightsSha256, (await clusters.RunAsync(folder, "c", silos: 3, servers: 1, settings)).WeightsSha256);

        Assert.False(first.Completed.TryGetProperty("testAccuracy", out _));
        Assert.InRange(first.Completed.GetProperty("testR2").GetDouble(), 0.8, 1);
        Assert.InRange(first.Completed.GetProperty("testMae").GetDouble(), 0.001, 0.3);
        var step = first.Events.Last(e => e.GetProperty("event").GetString() == "step");
        Assert.InRange(step.GetProperty("r2").GetDouble(), 0.8, 1);
        Assert.False(step.TryGetProperty("accuracy", out _));
    }

    [Fact]
    public async Task Another_seed_gives_other_weights()
    {
        using var folder = new RunFolder();
        var first = await clusters.RunAsync(folder, "a", silos: 1, servers: 1, Training.Short("model.name=softmax"));
        var second = await clusters.RunAsync(folder, "b", silos: 1, servers: 1, Training.Short("model.name=softmax", "seed=2"));
        Assert.NotEqual(first.WeightsSha256, second.WeightsSha256);
    }

    private static IEnumerable<double> Losses(Finished run) =>
        run.Events.Where(e => e.GetProperty("event").GetString() == "step").Select(e => e.GetProperty("loss").GetDouble());
}
