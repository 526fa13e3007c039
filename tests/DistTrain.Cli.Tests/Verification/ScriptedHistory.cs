using DistTrain.Optimization.Order;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;

namespace DistTrain.Cli.Tests.Verification;

/// <summary>The history that a job should leave, written down step by step.</summary>
internal sealed class ScriptedHistory
{
    public ScriptedHistory(int examples, params string[] settings)
    {
        var read = JobFile.Read(null, "test", settings);
        Job = read.Job ?? throw new ArgumentException(string.Join('\n', read.Problems), nameof(settings));
        Examples = examples;
    }

    public TrainingJob Job { get; }

    /// <summary>Size of the training set.</summary>
    public int Examples { get; }

    public List<MetricsEvent> Events { get; } = [];

    private int Ranks => Job.Spec.Workers;

    private long Step => Events.Count(e => e.Ledger is not null) + 1;

    /// <summary>All ranks share each batch.</summary>
    public ScriptedHistory Together(int fromEpoch, int toEpoch, int batch) => Train(0, fromEpoch, toEpoch, batch, Sharing.Together);

    /// <summary>They share the batch, and each steps a replica of its own.</summary>
    public ScriptedHistory Local(int phase, int fromEpoch, int toEpoch, int batch) => Train(phase, fromEpoch, toEpoch, batch, Sharing.Local);

    /// <summary>Each has all the data, in its own order.</summary>
    public ScriptedHistory Alone(int fromEpoch, int toEpoch, int batch) => Train(1, fromEpoch, toEpoch, batch, Sharing.Alone);

    /// <summary>A step over the whole training set without an update.</summary>
    public ScriptedHistory Statistics(int phase, int epoch)
    {
        Events.Add(new MetricsEvent
        {
            Statistics = new StatisticsMetrics { Step = Step },
            Ledger = Entry(phase, epoch, 0, Examples, Sharing.Together),
        });
        return this;
    }

    public ScriptedHistory Evaluation()
    {
        Events.Add(new MetricsEvent { Evaluation = new EvaluationMetrics { Step = Step - 1 } });
        return this;
    }

    /// <summary>One step.</summary>
    public ScriptedHistory Take(int phase, int epoch, int cursor, int take, Sharing sharing = Sharing.Together)
    {
        Events.Add(new MetricsEvent
        {
            Step = new StepMetrics { Step = Step, Examples = sharing == Sharing.Alone ? take * Ranks : take },
            Ledger = Entry(phase, epoch, cursor, take, sharing),
        });
        return this;
    }

    /// <summary>What ranks that do as they should say of a step.</summary>
    public LedgerEntry Entry(int phase, int epoch, int cursor, int take, Sharing sharing)
    {
        var entry = new LedgerEntry { Generation = 1, Phase = phase, Epoch = epoch, Cursor = cursor, Take = take, Sharing = sharing };
        for (var rank = 0; rank < Ranks; rank++)
        {
            var order = Permutation.Of(Job.Spec.Seed, sharing == Sharing.Alone ? rank : 0, epoch, Examples);
            var shard = sharing == Sharing.Alone ? new Shard(0, take) : Shard.Of(rank, Ranks, take);
            entry.Digests.Add(ExampleDigest.Of(order.AsSpan(cursor + shard.Start, shard.Count)));
        }

        return entry;
    }

    private ScriptedHistory Train(int phase, int fromEpoch, int toEpoch, int batch, Sharing sharing)
    {
        var position = Position.Start() with { Epoch = fromEpoch };
        while (position.Epoch < toEpoch)
        {
            var take = position.Take(batch, Examples);
            Take(phase, position.Epoch, position.Cursor, take, sharing);
            position = position.Advance(take, Examples);
        }

        return this;
    }
}
