using System.Buffers.Binary;
using System.Text.Json;
using Google.Protobuf;

namespace DistTrain.EndToEnd.Tests;

/// <summary>A run's folder is one that TensorBoard reads: the file is taken apart here as its format says, not by the program's own types.</summary>
[Trait("Kind", "Process")]
public class TensorBoardTests
{
    /// <summary>Far more than are done between the tenth and the kill, which so finds steps to do again on any machine.</summary>
    private const int Steps = 400;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task The_curves_are_the_history_also_after_steps_were_done_again()
    {
        using var folder = new RunFolder();
        await using var train = DistTrainProcess.Start(
            Training.Arguments(folder, "run", silos: 1, servers: 1, ["model.name=mlp", "workers=2", "batch=64", "dataset.trainExamples=640", "dataset.testExamples=100", $"steps={Steps}", $"checkpoint.everySteps={Steps}", "probe={everySteps: 100, what: curvature, examples: 64, products: 5}"]));
        await train.EventAsync(e => DistTrainProcess.IsStep(e) && e.GetProperty("step").GetInt64() >= 10, Patience);
        train.KillChild("server", 0);
        Assert.Equal(0, await train.ExitAsync(Patience));
        Assert.True(train.Events[^1].GetProperty("redoneSteps").GetInt32() > 0);

        List<Scalar> found = [.. Read(folder["run/events.out.tfevents.disttrain"])];
        List<Scalar> expected = [];
        foreach (var line in (await File.ReadAllLinesAsync(folder["run/metrics.jsonl"])).Select(text => JsonDocument.Parse(text).RootElement))
        {
            double Number(string name) => line.GetProperty(name).GetDouble();
            void Expect(string tag, double value) => expected.Add(new Scalar(line.GetProperty("step").GetInt64(), tag, (float)value));
            if (DistTrainProcess.IsStep(line))
            {
                Expect("train/loss", Number("loss"));
                Expect("train/accuracy", Number("accuracy"));
                Expect("train/learning_rate", Number("learningRate"));
                Expect("train/images_per_second", Number("examples") / Number("milliseconds") * 1000);
                Expect("train/gradient_norm", Number("gradientNorm"));
                if (line.TryGetProperty("noiseScale", out _))
                {
                    Expect("train/noise_scale", Number("noiseScale"));
                    Expect("train/critical_batch", Number("criticalBatch"));
                }
            }
            else if (line.GetProperty("event").GetString() == "probe")
            {
                Expect("probe/lambda_max", Number("lambdaMax"));
                Expect("probe/lambda_min", Number("lambdaMin"));
                Expect("probe/edge_of_stability", Number("edge"));
            }
            else
            {
                Expect("test/loss", Number("loss"));
                Expect("test/accuracy", Number("accuracy"));
            }
        }

        Assert.Equal(Steps, expected.Count(s => s.Tag == "train/loss"));
        Assert.Contains(expected, s => s.Tag == "train/critical_batch");
        Assert.Contains(expected, s => s.Tag == "test/accuracy");
        Assert.Equal([100L, 200, 300, 400], expected.Where(s => s.Tag == "probe/lambda_max").Select(s => s.Step));
        Assert.Equal(expected, found);
    }

    private static IEnumerable<Scalar> Read(string path)
    {
        var time = 0.0;
        foreach (var (data, isFirst) in Records(File.ReadAllBytes(path)).Select((d, i) => (d, i == 0)))
        {
            var (step, version, summary) = (0L, "", Array.Empty<byte>());
            foreach (var (field, input) in Fields(data))
            {
                switch (field)
                {
                    case 1:
                        var at = input.ReadDouble();
                        Assert.True(at >= time);
                        time = at;
                        break;
                    case 2:
                        step = input.ReadInt64();
                        break;
                    case 3:
                        version = input.ReadString();
                        break;
                    case 5:
                        summary = input.ReadBytes().ToByteArray();
                        break;
                    default:
                        Assert.Fail($"field {field}");
                        break;
                }
            }

            Assert.Equal(isFirst ? "brain.Event:2" : "", version);
            Assert.Equal(isFirst, summary.Length == 0);
            foreach (var (_, input) in Fields(summary))
            {
                var (tag, value) = ("", 0f);
                foreach (var (field, inner) in Fields(input.ReadBytes().ToByteArray()))
                {
                    if (field == 1)
                        tag = inner.ReadString();
                    else
                        value = inner.ReadFloat();
                }

                yield return new Scalar(step, tag, value);
            }
        }

        Assert.True(Math.Abs(time - new DateTimeOffset(File.GetLastWriteTimeUtc(path)).ToUnixTimeSeconds()) < 3600);
    }

    private static IEnumerable<(int Field, CodedInputStream Input)> Fields(byte[] message)
    {
        using var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag and not 0)
            yield return (WireFormat.GetTagFieldNumber(tag), input);
    }

    /// <summary>length (8 bytes), its checksum (4), data, their checksum (4).</summary>
    private static IEnumerable<byte[]> Records(byte[] file)
    {
        for (var at = 0; at < file.Length;)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
            Assert.Equal(Masked(file.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8)));
            Assert.Equal(Masked(file.AsSpan(at + 12, length)), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 12 + length)));
            yield return file[(at + 12)..(at + 12 + length)];
            at += 16 + length;
        }
    }

    /// <summary>CRC32C bit by bit (Castagnoli, reflected), turned and moved as TFRecord has it.</summary>
    private static uint Masked(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var b in data)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * 0x82f63b78u);
        }

        crc = ~crc;
        return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
    }

    private sealed record Scalar(long Step, string Tag, float Value);
}
