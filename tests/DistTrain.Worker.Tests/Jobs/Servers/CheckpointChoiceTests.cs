using DistTrain.Protocol;
using DistTrain.Worker.Jobs.Servers;

namespace DistTrain.Worker.Tests.Jobs.Servers;

/// <summary>Two servers with 60 and 40 of 100 elements; each says what is on its disk.</summary>
[Trait("Kind", "Fast")]
public class CheckpointChoiceTests
{
    [Fact]
    public void The_newest_that_is_sealed_everywhere_or_whole_is_taken()
    {
        Assert.Null(Newest([], []));
        Assert.Equal(20, Newest([Sealed(10), Sealed(20), Sealed(30)], [Sealed(10), Sealed(20)])!.Step);
        Assert.Equal(30, Newest([Sealed(10), Part(0, 30)], [Sealed(10), Part(1, 30)])!.Step);
        Assert.Equal(10, Newest([Sealed(10), Part(0, 30)], [Sealed(10)])!.Step);
        Assert.Equal(10, Newest([Sealed(10), Sealed(20)], [Sealed(10), Sealed(20)], before: 20)!.Step);
        Assert.Null(Newest([Sealed(10)], [Sealed(10)], before: 10));
    }

    [Fact]
    public void Sealed_everywhere_needs_no_parts_and_unsealed_brings_one_of_each_server()
    {
        Assert.Empty(Newest([Sealed(10)], [Sealed(10)])!.Parts);
        Assert.Equal([0, 1], Newest([Part(0, 30)], [Part(1, 30)])!.Parts.Select(p => p.Server));
    }

    /// <summary>Servers that share a folder all see what is in it.</summary>
    [Fact]
    public void A_part_that_two_servers_see_counts_once()
    {
        Assert.Null(Newest([Part(1, 30)], [Part(1, 30)]));
        Assert.Equal([0, 1], Newest([Both(30)], [Both(30)])!.Parts.Select(p => p.Server));
    }

    /// <summary>The manifest names all parts, also for the server that did not get to write it.</summary>
    [Fact]
    public void Sealed_on_one_server_only_is_whole()
    {
        var one = Both(30);
        one.Sealed = true;
        Assert.Equal((30, 2), (Newest([one], [Part(1, 30)])!.Step, Newest([one], [Part(1, 30)])!.Parts.Count));
    }

    [Fact]
    public void Parts_of_two_generations_are_not_one_checkpoint()
    {
        Assert.Null(Newest([Part(0, 30, generation: 1)], [Part(1, 30, generation: 2)]));
        var old = Part(0, 30, generation: 1);
        old.Parts.Add(Part(0, 30, generation: 2).Parts);
        Assert.Equal([2, 2], Newest([old], [Part(1, 30, generation: 2)])!.Parts.Select(p => p.Generation));
    }

    private static CheckpointChoice? Newest(StoredCheckpoint[] first, StoredCheckpoint[] second, long before = long.MaxValue) =>
        CheckpointChoice.Newest([new StoredCheckpoints { Checkpoints = { first } }, new StoredCheckpoints { Checkpoints = { second } }], elements: 100, before);

    private static StoredCheckpoint Sealed(long step) => new() { Step = step, Sealed = true };

    private static StoredCheckpoint Part(int server, long step, long generation = 1) => new()
    {
        Step = step,
        Parts = { new CheckpointPart { Step = step, Server = server, Elements = server == 0 ? 60 : 40, Generation = generation } },
    };

    private static StoredCheckpoint Both(long step) => new() { Step = step, Parts = { Part(0, step).Parts, Part(1, step).Parts } };
}
