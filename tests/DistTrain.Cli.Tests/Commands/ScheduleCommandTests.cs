using System.Xml;
using System.Xml.Linq;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Cli.Tests.Doubles;

namespace DistTrain.Cli.Tests.Commands;

[Trait("Kind", "Fast")]
public sealed class ScheduleCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task The_table_has_rate_and_bar_of_every_kth_step_and_of_the_first_and_last()
    {
        var (code, output, error) = await Contexts.RunAsync(
            "schedule", "--examples", "1000", "--every", "10", "--set", "batch=100", "--set", "epochs=4", "--set", "optimizer.lr=0.1",
            "--set", "schedule={name: multi-step, milestones: [2], warmupEpochs: 1}", "--set", "scaling={rule: sqrt, referenceBatch: 25}");

        Assert.Equal(ExitCode.Done, code);
        Assert.Empty(error);
        Assert.Equal("learning rate 0.2 = 0.1 * 2 (sqrt, batch 100 / 25); warm-up 1 epoch from 0", output[0]);
        Assert.Equal("multi-step over 40 steps, 4.00 epochs of 1,000 examples", output[1]);
        Assert.Equal(
            [
                "step epoch rate",
                "1 0.10 0.02 " + new string('█', 4) + "▉",
                "10 1.00 0.2 " + new string('█', 48),
                "20 2.00 0.2 " + new string('█', 48),
                "30 3.00 0.02 " + new string('█', 4) + "▉",
                "40 4.00 0.02 " + new string('█', 4) + "▉",
            ],
            output[2..].Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
    }

    [Fact]
    public async Task With_json_each_rate_is_an_event_with_the_numbers_of_the_steps_own()
    {
        var (_, output, _) = await Contexts.RunAsync(
            "schedule", "--examples", "10", "--every", "1", "--set", "batch=4", "--set", "steps=4", "--set", "schedule={name: polynomial, power: 1, unit: steps}", "--output", "json");

        var events = output.Select(OutputJson.Read).ToList();
        Assert.Equal((4, 1.4, 10, 0.05), Assert.IsType<ScheduleEvent>(events[0]) is var s ? (s.TotalSteps, s.TotalEpochs, s.Examples, s.LearningRate) : default);
        Assert.Equal(
            [(1, 0.4, 0.05), (2, 0.8, 0.0375), (3, 1, 0.025), (4, 1.4, 0.0125)],
            events[1..].Cast<RateEvent>().Select(e => (e.Step, e.Epoch, Math.Round(e.LearningRate, 12))));
    }

    [Fact]
    public async Task The_built_in_digits_need_no_data_and_no_option()
    {
        var (code, output, _) = await Contexts.RunAsync("schedule");
        Assert.Equal(ExitCode.Done, code);
        Assert.Equal("constant over 252 steps, 4.00 epochs of 8,000 examples", output[1]);
        Assert.StartsWith("252", output[^1].Trim(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dataset_is_read_for_its_size()
    {
        await File.WriteAllTextAsync(_folder["train.csv"], "a,label\n1,0\n2,1\n3,0\n");
        await File.WriteAllTextAsync(_folder["test.csv"], "a,label\n1,0\n");
        string[] line = ["schedule", "--set", "model.name=softmax", "--set", "workers=1", "--set", "batch=2", "--set"];

        var (code, output, _) = await Contexts.RunAsync([.. line, $"dataset={{name: csv, path: {_folder.Path}}}"]);
        Assert.Equal(ExitCode.Done, code);
        Assert.Equal("constant over 8 steps, 4.00 epochs of 3 examples", output[1]);

        (code, _, var error) = await Contexts.RunAsync([.. line, $"dataset={{name: csv, path: {_folder["none"]}}}"]);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.EndsWith("Or give --examples.", Assert.Single(error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_warm_up_that_only_the_data_show_to_be_too_long_is_told()
    {
        var (code, _, error) = await Contexts.RunAsync(
            "schedule", "--examples", "1000", "--set", "dataset={name: mnist, path: data}", "--set", "schedule.warmupSteps=100");
        Assert.Equal(ExitCode.Done, code);
        Assert.Equal(["warning: a warm-up of 100 steps is longer than the job of 32 steps; shorten it, or make the job longer"], error);
    }

    [Fact]
    public async Task A_growing_batch_shows_in_the_steps_and_what_is_measured_in_a_warning()
    {
        string[] line = ["schedule", "--examples", "1000", "--set", "epochs=2", "--set"];
        var (_, output, error) = await Contexts.RunAsync([.. line, "batch={growth: {from: 100, to: 200}}"]);
        Assert.Empty(error);
        Assert.Equal("constant over 15 steps, 2.00 epochs of 1,000 examples", output[1]);
        Assert.StartsWith("11      1.20 ", output[13].Trim(), StringComparison.Ordinal);

        (_, _, error) = await Contexts.RunAsync([.. line, "batch={auto: {from: 100, to: 200}}"]);
        Assert.StartsWith("warning: the batch follows the measured noise", Assert.Single(error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_without_an_end_has_a_table_and_a_plot_too()
    {
        var (code, output, _) = await Contexts.RunAsync("schedule", "--set", "steps=1000000000000", "--plot", _folder["endless.svg"]);
        Assert.Equal(ExitCode.Done, code);
        Assert.StartsWith("1000000000000 ", output[^1].Trim(), StringComparison.Ordinal);
        Assert.InRange(output.Length, 20, 40);
    }

    [Fact]
    public async Task A_plot_is_an_svg_of_the_curve()
    {
        var file = _folder["rates.svg"];
        var (code, output, _) = await Contexts.RunAsync("schedule", "--plot", file, "--set", "schedule.name=cosine", "--output", "json");
        Assert.Equal(ExitCode.Done, code);
        Assert.All(output, line => Assert.StartsWith("{", line, StringComparison.Ordinal));
        // The document type names a DTD on the net.
        using var reader = XmlReader.Create(file, new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        var svg = XDocument.Load(reader);
        Assert.Contains(svg.Descendants(), e => e.Name.LocalName == "text" && e.Value == "learning rate");
        Assert.Contains(svg.Descendants(), e => e.Name.LocalName == "polyline" && e.Attribute("points")!.Value.Split(' ').Length > 100);

        Assert.Equal(ExitCode.BadInput, (await Contexts.RunAsync("schedule", "--plot", _folder["no/such/folder.svg"])).Code);
    }

    public void Dispose() => _folder.Dispose();
}
